import type { Question } from '@fgam/data';
import { expect, it } from 'vitest';
import { parseFeedback } from './feedback/parse-feedback.js';
import { countClaims, isOmission, reward } from './reward.js';
import { feedbackFor } from './truth/feedback-for.js';

const CAPTION = 'describe the image .';
const CLAUSES = [
  'a small red circle at the top',
  'a large blue square at the centre',
  'a small green cross at the left',
  'a large yellow triangle at the bottom right',
] as const;
const caption = (...clauses: readonly string[]): string => `${clauses.join(' , ')} .`;
const truth: Question = {
  ...{ id: '1', sample: '1', kind: 'caption', question: CAPTION },
  answer: caption(...CLAUSES),
};
/** By the truth, which names what is said again, too. */
const worth = (...clauses: readonly string[]): number => {
  const response = caption(...clauses);
  return reward(countClaims(CAPTION, response, feedbackFor(truth, response)));
};
const times = (count: number, clause: string): readonly string[] =>
  Array.from({ length: count }, () => clause);

it('is 1 - 2 (wrong + omitted) / (claims + omitted)', () => {
  expect(reward({ claims: 3, wrong: 0, omitted: 0 })).toBe(1);
  expect(reward({ claims: 4, wrong: 2, omitted: 0 })).toBe(0);
  expect(reward({ claims: 1, wrong: 1, omitted: 0 })).toBe(-1);
  expect(reward({ claims: 6, wrong: 0, omitted: 2 })).toBe(0.5);
  // One claim wrong and one thing left out: of three, one is right.
  expect(reward({ claims: 2, wrong: 1, omitted: 1 })).toBeCloseTo(-1 / 3, 12);
  // Silence is worth less than a right claim of many.
  expect(reward({ claims: 0, wrong: 0, omitted: 2 })).toBe(-1);
  expect(reward({ claims: 0, wrong: 0, omitted: 0 })).toBe(0);
});

it('is of a caption, by the truth, what is right among all that is said or left out', () => {
  const [red, blue, green] = CLAUSES;
  expect(worth(...CLAUSES)).toBe(1);
  expect(worth(red, blue, green)).toBe(0.5);
  expect(worth(red)).toBe(-0.5);
  // What is said of the cross is wrong: two of four.
  expect(worth(red, blue, 'a small purple cross at the left')).toBe(0);
  // Of three that are said one is nowhere, and two are left out: two of five.
  expect(worth(red, blue, 'a large striped purple circle at the right')).toBeCloseTo(-0.2, 12);
});

it('is worth no more, and no less, for what is said again', () => {
  const [red, blue] = CLAUSES;
  for (const count of [2, 6, 20]) {
    expect(worth(...times(count, red)), `${count} times`).toBe(worth(red));
    expect(worth(...times(count, red), blue)).toBe(worth(red, blue));
  }
  const wrong = 'a small purple cross at the top right';
  expect(worth(wrong, wrong, blue)).toBe(worth(wrong, blue));
});

it.each([
  [
    'an answer is one claim, and has no room for more',
    'is there a dog ?',
    'no',
    'object : there is a dog',
    1,
    1,
    0,
  ],
  [
    'a wrong claim and something left out',
    CAPTION,
    caption(CLAUSES[0], CLAUSES[1]),
    'object : there is no red circle , not a small red circle at the top ; object : there is a cat',
    2,
    1,
    1,
  ],
  ['a caption of one clause without a full stop', CAPTION, CLAUSES[0], 'object : there is a cat', 1, 0, 1],
  [
    'what is none of the clauses, as far as there are claims',
    CAPTION,
    caption(CLAUSES[0]),
    'object : x , not y ; object : x , not z',
    1,
    1,
    0,
  ],
  [
    'what is said more often than it is there leaves nothing out',
    CAPTION,
    caption(CLAUSES[0], CLAUSES[0]),
    `object : there is no further red circle , not ${CLAUSES[0]}`,
    1,
    0,
    0,
  ],
  ['nothing is found wrong', CAPTION, caption(CLAUSES[0]), 'no further corrections needed', 1, 0, 0],
])('counts: %s', (_, question, response, text, claims, wrong, omitted) => {
  const feedback = parseFeedback(text, { response });
  expect(countClaims(question, response, feedback)).toEqual({ claims, wrong, omitted });
});

it('takes a refusal that names nothing for one, and one that says there is nothing to correct for none', () => {
  const refusal = { verdict: 'revise', issues: [], text: 'look again' } as const;
  expect(countClaims(CAPTION, caption(CLAUSES[0], CLAUSES[1]), refusal)).toMatchObject({
    wrong: 1,
    omitted: 0,
  });
  const nothing = { ...refusal, text: 'No further corrections needed' };
  expect(countClaims('is there a dog ?', 'no', nothing)).toMatchObject({ wrong: 0 });
});

it.each([
  ['there is a cat', true],
  ['There are two cats', true],
  ['there is nothing at the top', false],
  ['there is no cat', false],
  ['there is no further cat', false],
  ['there are none', false],
  ['a cat', false],
])('%s: says that something is left out: %s', (correction, expected) => {
  expect(isOmission({ kind: 'object', claim: '', correction })).toBe(expected);
});
