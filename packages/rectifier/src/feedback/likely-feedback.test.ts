import { describe, expect, it } from 'vitest';
import { likelyFeedback } from './likely-feedback.js';

const response =
  'a small red circle at the top , a large blue square at the left , a red square left of a blue cross .';
const next = (said: string) => likelyFeedback(said, response);

describe('likelyFeedback', () => {
  it('goes on with the clause that a correction begins as, where it is the only one', () => {
    expect(next('attribute : a small')).toBe(' red circle at the top');
    expect(next('object : x ; attribute : a large blue squ')).toBe('are at the left');
    expect(next('attribute : a')).toBe('');
  });

  it('knows the claim once the changed word was said', () => {
    const rest = ' at the top , not a small red circle at the top';
    expect(next('attribute : a small green circle')).toBe(
      ` at the top , not ${'a small red circle at the top'}`,
    );
    expect(next('attribute : a small green cir')).toBe(`cle${rest}`);
    expect(next('attribute : a small green circle at the top')).toBe(' , not a small red circle at the top');
  });

  it('ends a claim as its clause does', () => {
    const said = 'attribute : a small green circle at the top , not';
    for (const [claim, expected] of [
      ['', ' a small red circle at the top'],
      [' ', 'a small red circle at the top'],
      [' a sm', 'all red circle at the top'],
      [' a large', ' blue square at the left'],
      [' a small red circle at the top', ''],
      [' a dog', ''],
    ])
      expect(next(`${said}${claim}`)).toBe(expected);
  });

  it('says nothing where nothing stands out', () => {
    for (const said of [
      '',
      'attribute',
      'attribute :',
      'no further corrections needed',
      'object : there is no cat',
      // Two words changed.
      'attribute : a tiny green circle',
      'attribute : a small red circle at the top ;',
    ])
      expect(next(said)).toBe('');
  });
});
