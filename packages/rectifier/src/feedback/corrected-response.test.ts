import { describe, expect, it } from 'vitest';
import { correctedResponse } from './corrected-response.js';

const response =
  'a small red circle at the top , a large blue square at the left , a red circle at the bottom .';
const corrected = (feedback: string) => correctedResponse({ response, feedback });

describe('correctedResponse', () => {
  it('puts corrections in the places of their claims, several too', () => {
    expect(
      corrected(
        'attribute : a small green circle at the top , not a small red circle at the top ; relation : a large blue square at the right , not a large blue square at the left',
      ),
    ).toBe(
      'a small green circle at the top , a large blue square at the right , a red circle at the bottom .',
    );
  });

  it('prefers the clause that a claim is to one that begins as it does', () => {
    const alike = 'a cat at the top left , a cat at the top , a dog .';
    const after = (feedback: string) => correctedResponse({ response: alike, feedback });
    expect(after('relation : a cat at the left , not a cat at the top')).toBe(
      'a cat at the top left , a cat at the left , a dog .',
    );
    expect(after('object : there is no cat , not a cat at the top')).toBe('a cat at the top left , a dog .');
    expect(after('object : there is no cat , not a cat')).toBe('a cat at the top , a dog .');
  });

  it('leaves out a clause about what is not there, the last one too', () => {
    expect(corrected('object : there is no blue square , not a large blue square at the left')).toBe(
      'a small red circle at the top , a red circle at the bottom .',
    );
    expect(corrected('object : there is no red circle , not a red circle at the bottom')).toBe(
      'a small red circle at the top , a large blue square at the left .',
    );
  });

  it('leaves out a clause that is wrong without a correction, and of equal ones as many as are named', () => {
    expect(corrected('attribute : not a red circle at the bottom')).toBe(
      'a small red circle at the top , a large blue square at the left .',
    );
    const said = (feedback: string) => correctedResponse({ response: 'a cat , a cat , a cat .', feedback });
    expect(said('object : not a cat')).toBe('a cat , a cat .');
    expect(said('object : not a cat ; object : a dog , not a cat')).toBe('a dog , a cat .');
    // What has no clause left is not looked for in another one.
    const toys = 'object : a dog , not a cat ; object : a hat , not a cat';
    expect(correctedResponse({ response: 'a cat , a cat toy .', feedback: toys })).toBe(
      'a dog , a cat toy .',
    );
    // Only whole clauses, and never all of them.
    expect(corrected('attribute : not a red circle')).toBe(response);
    expect(correctedResponse({ response: 'a cat .', feedback: 'object : not a cat' })).toBe('a cat .');
    expect(correctedResponse({ response: 'yes', feedback: 'object : not yes' })).toBe('yes');
  });

  it('says what a list of one clause does not say, in its place where that goes', () => {
    const list = (feedback: string) => correctedResponse({ response: 'a cat .', feedback, isList: true });
    expect(list('object : there is a dog')).toBe('a cat , a dog .');
    expect(list('object : there is no cat , not a cat ; object : there is a dog')).toBe('a dog .');
  });

  it('says at the end of several clauses what they do not say, and nothing after a short answer', () => {
    const feedback =
      'object : there is a green cross at the centre ; object : there is a cat ; object : there is no dog';
    expect(corrected(feedback)).toBe(`${response.slice(0, -2)} , a green cross at the centre , a cat .`);
    expect(correctedResponse({ response: 'a cat , a dog', feedback: 'object : there is a cow' })).toBe(
      'a cat , a dog , a cow',
    );
    for (const short of ['no', 'a cat .'])
      expect(correctedResponse({ response: short, feedback: 'object : there is a dog' })).toBe(short);
  });

  it('is the response where nothing can be put in its place', () => {
    for (const feedback of [
      'no further corrections needed',
      'attribute : a green cat , not a red cat',
      // Half a word is none.
      'attribute : a rod , not a re',
      'reasoning : wrong',
    ])
      expect(corrected(feedback)).toBe(response);
    expect(correctedResponse({ response: 'yes', feedback: 'object : there is no cat' })).toBe('yes');
  });
});
