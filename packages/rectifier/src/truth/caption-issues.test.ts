import { createRandom, sampleScene, sceneCaption } from '@fgam/data';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SCENE_ONTOLOGY as scenes } from '../claims/ontology.js';
import { captionIssues, formatClause, joinClauses, kindPhrase } from './caption-issues.js';

const truth = 'a small red circle at the top left , a large striped blue square at the centre .';
const issues = (caption: string) => captionIssues(truth, caption, scenes);
const square = 'a large striped blue square at the centre';

describe('captionIssues', () => {
  it('has none for the truth, whatever the order and punctuation', () => {
    expect(issues(truth)).toEqual([]);
    expect(issues(`${square}. There is a small red circle at the top left`)).toEqual([]);
    expect(issues(`a plain small red circle in the top left and ${square}`)).toEqual([]);
  });

  it.each([
    ['attribute', 'a large red circle at the top left', 'a small red circle at the top left'],
    ['attribute', 'a small striped red circle at the top left', 'a small red circle at the top left'],
    ['attribute', 'a small green circle at the top left', 'a small red circle at the top left'],
    ['relation', 'a small red circle at the bottom', 'a small red circle at the top left'],
    ['object', 'a small red triangle at the top left', 'a small red circle at the top left'],
  ])('names the %s that is wrong in %j', (kind, claim, correction) => {
    expect(issues(`${claim} , ${square} .`)).toEqual([{ kind, claim, correction }]);
  });

  it('names what is not there, and what is left out', () => {
    expect(issues(`${truth.slice(0, -2)} , a small green cross at the bottom .`)).toEqual([
      {
        kind: 'object',
        claim: 'a small green cross at the bottom',
        correction: 'there is no green cross',
      },
    ]);
    const caption = 'a small red circle at the top left .';
    expect(issues(caption)).toEqual([{ kind: 'object', claim: caption, correction: `there is ${square}` }]);
    expect(issues('')).toHaveLength(2);
    // Said twice, there once: it is there, so that is not denied, but that there are more.
    expect(issues(`${truth.slice(0, -2)} , a small red circle at the bottom .`)).toEqual([
      {
        ...{ kind: 'object', claim: 'a small red circle at the bottom' },
        correction: 'there is no further red circle',
      },
    ]);
  });

  it('accepts every scene caption in any order, and none with a clause too few', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const random = createRandom(`${seed}`);
        const caption = sceneCaption(sampleScene(random));
        const clauses = caption.replace(/ \.$/, '').split(' , ');
        expect(captionIssues(caption, joinClauses(random.shuffle(clauses)), scenes)).toEqual([]);
        const left = captionIssues(caption, joinClauses(clauses.slice(1)), scenes);
        expect(left.map(({ correction }) => correction)).toEqual([`there is ${clauses[0]}`]);
      }),
      { numRuns: 50 },
    );
  });
});

it('writes clauses and kinds as scenes do', () => {
  const subject = { noun: 'circle', attributes: { size: 'small', texture: 'plain', colour: 'orange' } };
  expect(formatClause(subject, 'top', scenes)).toBe('a small orange circle at the top');
  expect(formatClause({ noun: 'circle', attributes: { colour: 'orange' } }, undefined, scenes)).toBe(
    'an orange circle',
  );
  expect(kindPhrase(subject, scenes)).toBe('orange circle');
});
