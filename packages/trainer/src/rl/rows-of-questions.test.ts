import { expect, test } from 'vitest';
import type { Rollout } from './rollout.js';
import { planRows, questionGroups, roundsOfRow, writtenIn } from './rows-of-questions.js';

const requests = ['a', 'a', 'b', 'a', 'a', 'c', 'a', 'b'].map((image, item) => ({
  id: String(item),
  image,
  question: '',
}));

test('groups have one image each, are about equal, and have each question once', () => {
  expect(questionGroups(requests, 1)).toEqual(requests.map((_, item) => [item]));
  expect(questionGroups(requests, 2)).toEqual([[0, 4], [1, 6], [3], [2, 7], [5]]);
  expect(questionGroups(requests, 3)).toEqual([[0, 3, 6], [1, 4], [2, 7], [5]]);
  expect(questionGroups(requests, 9)).toEqual([[0, 1, 3, 4, 6], [2, 7], [5]]);
});

function rollout(image: string, written: readonly number[]): Rollout {
  const rounds = written.map((count) => ({ promptIds: [1], tokens: Array<number>(count).fill(2), score: 0 }));
  const trajectory = { id: '', image, question: '', attempts: [], final: '', stop: 'accepted' } as const;
  return { image, group: '', rounds, trajectory };
}

const rollouts = [
  rollout('a', [1, 2]),
  rollout('a', [3]),
  rollout('b', [4]),
  rollout('a', [5]),
  rollout('a', [6]),
];
const partsOf = (rows: ReturnType<typeof planRows>) =>
  rows.map(({ image, parts }) => [image, ...parts.map((part) => [part.rollout, writtenIn(part)])]);

test('rows have trajectories of one group, as many as it has questions', () => {
  const whole = { rowsOf: <Round>(rounds: readonly Round[]) => [rounds] };
  // The last is of another group about the same image.
  const rows = planRows(rollouts, [0, 0, 1, 0, 2], { ...whole, sizes: [2, 1, 1] });
  expect(partsOf(rows)).toEqual([
    ['a', [0, 3], [1, 3]],
    ['b', [2, 4]],
    ['a', [3, 5]],
    ['a', [4, 6]],
  ]);
  expect(rows.map((row) => roundsOfRow(row).length)).toEqual([3, 1, 1, 1]);
});

test('several samples of a question make more rows, not fuller ones', () => {
  const twice = rollouts.flatMap((each) => [each, each]);
  const rows = planRows(twice, [0, 0, 0, 0, 1, 1, 0, 0, 2, 2], {
    rowsOf: (rounds) => [rounds],
    // Groups of 3, 1 and 1 questions: two rows each, for two samples.
    sizes: [3, 1, 1],
  });
  expect(rows.map(({ parts }) => parts.length)).toEqual([3, 3, 1, 1, 1, 1]);
});

test('where rounds have rows of their own, so does each trajectory', () => {
  const rows = planRows(rollouts, [0, 0, 1, 0, 2], {
    rowsOf: (rounds) => rounds.map((round) => [round]),
    sizes: [1, 1, 1],
  });
  expect(partsOf(rows)).toEqual([
    ['a', [0, 1]],
    ['a', [0, 2]],
    ['a', [1, 3]],
    ['b', [2, 4]],
    ['a', [3, 5]],
    ['a', [4, 6]],
  ]);
});
