import { expect, it } from 'vitest';
import { parseFeedback } from './feedback/parse-feedback.js';
import { countClaims, reward } from './reward.js';

it('is 1 - 2 wrong / claims', () => {
  expect(reward({ verdict: 'accept' }, 3)).toBe(1);
  expect(reward(parseFeedback('object : a ; count : 2'), 4)).toBe(0);
  expect(reward(parseFeedback('object : a'), 1)).toBe(-1);
  expect(reward(parseFeedback('object : a ; object : b ; object : c'), 2)).toBe(-1);
  expect(reward({ verdict: 'revise', issues: [], text: '' }, 4)).toBe(0.5);
  expect(reward({ verdict: 'accept' }, 0)).toBe(0);
  expect(reward(parseFeedback('object : a'), 0)).toBe(0);
});

it('counts what is left out beside what is said: 2 J - 1', () => {
  const left = parseFeedback('object : there is a dog ; object : there is a cat');
  expect(reward(left, 2, 2)).toBe(0);
  expect(reward(left, 6, 2)).toBe(0.5);
  // Silence is worth less than a right claim of many.
  expect(reward(left, 0, 2)).toBe(-1);
  // One claim wrong and one thing left out: of three, one is right.
  expect(reward(parseFeedback('object : a ; object : there is a dog'), 2, 1)).toBeCloseTo(-1 / 3, 12);
});

const CLAUSE = 'a small red circle at the top';
const CAPTION = 'describe the image .';

it.each([
  ['a caption of two clauses', CAPTION, `${CLAUSE} , a large blue square at the centre .`, 2, 1],
  ['one clause said often', CAPTION, `${Array.from({ length: 20 }, () => CLAUSE).join(' , ')} .`, 1, 1],
  ['a caption of one clause without a full stop', CAPTION, CLAUSE, 1, 1],
  ['an answer, which is one claim and has no room for more', 'is there a blue cross ?', 'no', 1, 0],
])('counts the claims of %s', (_, question, response, claims, omitted) => {
  const feedback = parseFeedback('object : there is a small blue cross at the right', { response });
  expect(countClaims(question, response, feedback)).toEqual({ claims, omitted });
});

it('is worth no more for what is said again', () => {
  const worth = (times: number): number => {
    const response = `${Array.from({ length: times }, () => CLAUSE).join(' , ')} .`;
    const feedback = parseFeedback('object : there is a dog ; object : there is a cat', { response });
    const { claims, omitted } = countClaims(CAPTION, response, feedback);
    return reward(feedback, claims, omitted);
  };
  expect(worth(1)).toBeCloseTo(-1 / 3, 12);
  expect(worth(20)).toBe(worth(1));
});

it('counts what is wrong with a clause as no omission', () => {
  const response = `${CLAUSE} , a large blue square at the centre .`;
  const text = `object : there is no red circle , not ${CLAUSE} ; object : there is a cat`;
  const feedback = parseFeedback(text, { response });
  expect(countClaims(CAPTION, response, feedback)).toEqual({ claims: 2, omitted: 1 });
  expect(countClaims(CAPTION, response, { verdict: 'accept' })).toEqual({ claims: 2, omitted: 0 });
});
