import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pictureScenes } from '../test-support.js';
import { ISSUE_KIND_OF } from './claim.js';
import {
  parseClaims,
  parseCount,
  parseLocationWords,
  parseRelation,
  parseValue,
  parseYesNo,
} from './parse-claims.js';

const red = { noun: 'circle', attributes: { colour: 'red' } };
const blue = { noun: 'square', attributes: { colour: 'blue' } };

describe('parseClaims', () => {
  it.each([
    ['is there a red circle ?', 'Yes.', { about: 'existence', subject: red, holds: true }],
    ['is there a red circle ?', 'no , there is none', { about: 'existence', subject: red, holds: false }],
    [
      'is the red circle above the blue square ?',
      'no',
      { about: 'relation', subject: red, relation: 'above', object: blue, holds: false },
    ],
    [
      'what size is the red circle ?',
      'it is large',
      { about: 'attribute', subject: red, attribute: 'size', value: 'large' },
    ],
    [
      'where is the red circle ?',
      '<loc_0> <loc_0> <loc_15> <loc_31>',
      { about: 'box', subject: red, box: { x0: 0.5 / 32, y0: 0.5 / 32, x1: 15.5 / 32, y1: 31.5 / 32 } },
    ],
    [
      'how many shapes are below the red circle ?',
      'Two shapes',
      { about: 'count', relation: 'below', reference: red, count: 2 },
    ],
    [
      'what colour is the shape nearest to the red circle ?',
      'blue',
      { about: 'nearest', reference: red, attribute: 'colour', value: 'blue' },
    ],
    ['what is at the top ?', 'There is nothing.', { about: 'empty', location: 'top' }],
    [
      'what is at the top ?',
      'a red circle',
      { about: 'object', text: 'a red circle', subject: red, location: 'top' },
    ],
    [
      'which part is the red circle in ?',
      'It is at the center.',
      { about: 'place', subject: red, location: 'centre' },
    ],
    [
      'where is the red circle from the blue square ?',
      'it is left of it',
      { about: 'relation', subject: red, relation: 'left-of', object: blue, holds: true },
    ],
  ])('%j answered by %j', (question, response, claim) => {
    const { claims, problem } = parseClaims(question, response);
    expect(problem).toBeUndefined();
    expect(claims).toHaveLength(1);
    expect(claims[0]).toMatchObject(claim);
  });

  it('has one claim a clause of a caption, and of a full part of the image', () => {
    expect(parseClaims('describe the image .', 'a cross , a circle , a square .').claims).toHaveLength(3);
    const { claims } = parseClaims('what is at the left ?', 'a red circle and a blue square');
    expect(claims).toMatchObject([
      { subject: red, location: 'left' },
      { subject: blue, location: 'left' },
    ]);
  });

  it('says why there are none', () => {
    expect(parseClaims('why ?', 'because').problem).toBe('no known form of question: "why ?"');
    for (const [question, response] of [
      ['is there a red circle ?', 'maybe'],
      ['what size is the red circle ?', 'small or large'],
      ['what size is the red circle ?', 'medium'],
      ['what age is the red circle ?', 'old'],
      ['where is the red circle ?', '<loc_9> <loc_9> <loc_9> <loc_20>'],
      ['how many shapes are above the red circle ?', '2 or 3'],
      ['which part is the red circle in ?', 'the middle'],
      ['where is the red circle from the blue square ?', 'far'],
      ['describe the image .', ''],
      ['what is at the top ?', ' '],
    ] as const) {
      const { claims, problem } = parseClaims(question, response);
      expect(claims).toEqual([]);
      expect(problem).toContain(`: ${JSON.stringify(response)}`);
    }
  });

  it('reads the true answer of every question of a scene, and never throws', async () => {
    for (const { questions } of await pictureScenes(5, 3))
      for (const { question, answer } of questions) {
        const { claims } = parseClaims(question, answer);
        expect(claims.length, `${question} ${answer}`).toBeGreaterThan(0);
        for (const { about } of claims) expect(ISSUE_KIND_OF[about]).toBeTruthy();
        fc.assert(
          fc.property(fc.string({ unit: 'binary' }), (text) => {
            const parsed = parseClaims(question, text);
            expect(parsed.claims.length > 0).toBe(parsed.problem === undefined);
          }),
          { numRuns: 20 },
        );
      }
  });
});

describe('readers of short answers', () => {
  it('parseYesNo takes the first word', () => {
    expect(
      ['Yes', 'yeah !', 'No, yes', 'nope', 'not', 'nothing', 'the answer is yes', ''].map(parseYesNo),
    ).toEqual([true, true, false, false, undefined, undefined, undefined, undefined]);
  });

  it('parseCount takes one number', () => {
    expect(['3', 'three .', '3 , that is three', '0', 'ten', '1 or 2', 'many', '-1'].map(parseCount)).toEqual(
      [3, 3, 3, 0, 10, undefined, undefined, undefined],
    );
  });

  it('parseValue, parseRelation and parseLocationWords take the one that is named', () => {
    expect(parseValue('Red, surely', ['red', 'blue'])).toBe('red');
    expect(parseValue('redder', ['red', 'blue'])).toBeUndefined();
    expect(parseValue('red or blue', ['red', 'blue'])).toBeUndefined();
    expect(parseValue('red')).toBeUndefined();
    expect(parseRelation('left of')).toBe('left-of');
    expect(parseRelation('left of or right of')).toBeUndefined();
    expect(parseRelation('left')).toBeUndefined();
    expect(parseLocationWords('the top left')).toBe('top left');
    expect(parseLocationWords('at the center !')).toBe('centre');
    expect(parseLocationWords('top left or top')).toBeUndefined();
  });
});

it.each(['constructor', '__proto__', 'toString', 'age'])('knows no attribute called %s', (name) => {
  for (const question of [
    `what ${name} is the circle ?`,
    `what ${name} is the shape nearest to the circle ?`,
  ])
    expect(parseClaims(question, 'red')).toMatchObject({ claims: [] });
});
