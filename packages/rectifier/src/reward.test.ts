import type { Question } from '@fgam/data';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseClaims } from './claims/parse-claims.js';
import { parseFeedback } from './feedback/parse-feedback.js';
import { claimRewards, countClaims, isOmission, reward } from './reward.js';
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

it('is worth less for what is said once too often, and what is wrong does not become better by it', () => {
  const [red, blue] = CLAUSES;
  // Of four things two are said, then one of them once more: 1 - 2 (2 + 1) / (3 + 2).
  expect(worth(red, blue)).toBe(0);
  expect(worth(red, blue, red)).toBeCloseTo(-0.2, 12);
  let last = worth(red);
  for (const count of [2, 6, 20]) {
    expect(worth(...times(count, red)), `${count} times`).toBeLessThan(last);
    last = worth(...times(count, red));
  }
  // What is wrong does not become better by it, be it in a word or not there at all.
  for (const wrong of ['a small red circle at the left', 'a large striped orange square at the top right']) {
    // In the place of two of the things it is as if one of them were left out.
    expect(worth(wrong, wrong, blue)).toBeLessThanOrEqual(worth(wrong, blue));
    expect(worth(...CLAUSES, wrong, wrong, wrong)).toBeLessThan(worth(...CLAUSES, wrong));
  }
});

it('is worth no more, and no less, for what is said again and nobody names', () => {
  const accepted = (...clauses: readonly string[]) =>
    countClaims(CAPTION, caption(...clauses), { verdict: 'accept' });
  expect(accepted(CLAUSES[0], CLAUSES[0], CLAUSES[0])).toEqual(accepted(CLAUSES[0]));
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
    'what is said more often than it is there is wrong once, and leaves nothing out',
    CAPTION,
    caption(CLAUSES[0], CLAUSES[0]),
    `object : there is no further red circle , not ${CLAUSES[0]}`,
    2,
    1,
    0,
  ],
  [
    'what is not there at all is wrong however often it is said',
    CAPTION,
    caption(CLAUSES[0], CLAUSES[0]),
    `object : there is no red circle , not ${CLAUSES[0]}`,
    1,
    1,
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

it('is earned claim by claim', () => {
  const [red, blue] = CLAUSES;
  const wrong = 'a small purple cross at the left';
  const response = caption(red, wrong, red, blue);
  // Three distinct claims, one of them once more, and the triangle, which nobody names: fifths.
  const { claims, rest } = claimRewards(CAPTION, response, feedbackFor(truth, response));
  expect(claims.map(({ end, reward: earned }) => [response.slice(0, end), earned])).toEqual([
    [red, 0.2],
    [`${red} , ${wrong}`, -0.2],
    [`${red} , ${wrong} , ${red}`, -0.2],
    [response.slice(0, -' .'.length), 0.2],
  ]);
  expect(rest).toBeCloseTo(-0.2, 12);
});

it('is earned where a claim ends, whatever its case and spaces', () => {
  const response = 'A red  circle, and a blue square.';
  const { claims } = claimRewards(CAPTION, response, { verdict: 'accept' });
  expect(claims).toEqual([
    { end: 'a red circle'.length, reward: 0.5 },
    { end: 'a red circle , and a blue square'.length, reward: 0.5 },
  ]);
});

it('is earned of a relation by both objects and by itself, at its end', () => {
  const response = 'a red circle left of a blue square .';
  const feedback = parseFeedback(
    'relation : a red circle right of a blue square , not a red circle left of a blue square',
    { response },
  );
  const { claims, rest } = claimRewards(CAPTION, response, feedback);
  const [first, last] = ['a red circle'.length, response.length - ' .'.length];
  expect(claims.map(({ end }) => end)).toEqual([first, last, last]);
  expect(claims.map(({ reward: earned }) => Math.sign(earned))).toEqual([1, 1, -1]);
  expect(rest).toBeCloseTo(0, 12);
});

it('is earned of a relation where it is said, also where that is said again', () => {
  const relation = 'a red circle left of a blue square';
  const response = `${relation} , a small dog at the top , ${relation} .`;
  const { claims, rest } = claimRewards(CAPTION, response, { verdict: 'accept' });
  expect(claims.map(({ end }) => response.slice(0, end))).toEqual([
    'a red circle',
    relation,
    relation,
    `${relation} , a small dog at the top`,
  ]);
  expect(rest).toBeCloseTo(0, 12);
});

it('has parts that add up to it, whatever is said and found wrong', () => {
  const clause = fc.oneof(
    fc.constantFrom(...CLAUSES, 'a small purple cross at the left', 'a dog'),
    fc.constant('a red circle left of a blue square'),
  );
  const issue = fc.record({
    kind: fc.constantFrom('object' as const, 'relation' as const),
    claim: fc.oneof(clause, fc.constant('nothing of it')),
    correction: fc.constantFrom('there is a cat', 'there is no dog', 'at the right'),
  });
  fc.assert(
    fc.property(
      fc.array(clause, { maxLength: 6 }),
      fc.array(issue, { maxLength: 6 }),
      fc.boolean(),
      (clauses, issues, isOfWhole) => {
        const response = caption(...clauses);
        const named = isOfWhole ? issues.map((each) => ({ ...each, claim: response })) : issues;
        const feedback = { verdict: 'revise', issues: named, text: 'look again' } as const;
        const { claims, rest } = claimRewards(CAPTION, response, feedback);
        const counted = countClaims(CAPTION, response, feedback);
        const marked = claims.filter(({ reward: earned }) => earned < 0).length;
        const all = counted.claims + counted.omitted;
        expect(claims).toHaveLength(counted.claims);
        expect(all * rest).toBeCloseTo(-(counted.omitted + 2 * (counted.wrong - marked)), 9);
        const said = new Set(parseClaims(CAPTION, response).claims.map(({ text }) => text));
        for (const { end, reward: earned } of claims) {
          expect([...said].some((text) => response.slice(0, end).endsWith(text))).toBe(true);
          expect(Math.abs(earned)).toBeCloseTo(1 / all, 12);
        }
        const ends = claims.map(({ end }) => end);
        expect(ends).toEqual(ends.toSorted((a, b) => a - b));
      },
    ),
  );
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
