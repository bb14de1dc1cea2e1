import type { Question, Trajectory } from '@fgam/data';
import { expect, test } from 'vitest';
import { correctionAccounting } from './accounting.js';
import { isRight } from './scenes/is-right.js';

const question = (id: string, kind: 'existence' | 'spatial', answer: string): Question => ({
  id,
  sample: '1',
  kind,
  question: 'is it ?',
  answer,
});
const story = (id: string, responses: readonly string[], final = responses.at(-1) ?? ''): Trajectory => ({
  id,
  image: '1.png',
  question: 'is it ?',
  attempts: responses.map((response) => ({ response })),
  final,
  stop: 'accepted',
});
const questions = [
  question('a', 'existence', 'yes'),
  question('b', 'existence', 'no'),
  question('c', 'spatial', 'yes'),
  question('d', 'spatial', 'no'),
];

test('counts what each round fixed and broke, by hand', () => {
  const trajectories = [
    story('a', ['yes']), // right throughout
    story('b', ['yes', 'no']), // fixed in round 1
    story('c', ['yes', 'no', 'yes']), // broken in round 1, fixed in round 2
    story('d', ['no', 'no', 'yes']), // broken in round 2
  ];
  const { rounds, total, brokenIds } = correctionAccounting(trajectories, questions, isRight);
  expect(rounds.map(({ overall }) => overall)).toEqual([
    { fixed: 1, broken: 1, unchangedRight: 2, unchangedWrong: 0, net: 0 },
    { fixed: 1, broken: 1, unchangedRight: 2, unchangedWrong: 0, net: 0 },
  ]);
  expect(rounds.map((round) => round.brokenIds)).toEqual([['c'], ['d']]);
  expect(total.overall).toEqual({ fixed: 1, broken: 1, unchangedRight: 2, unchangedWrong: 0, net: 0 });
  expect(total.byKind.existence).toEqual({
    fixed: 1,
    broken: 0,
    unchangedRight: 1,
    unchangedWrong: 0,
    net: 1,
  });
  expect(total.byKind.spatial).toEqual({
    fixed: 0,
    broken: 1,
    unchangedRight: 1,
    unchangedWrong: 0,
    net: -1,
  });
  expect(brokenIds).toEqual(['d']);
  expect(Object.keys(total)[0]).toBe('brokenIds');
});

test('a final answer that is not the last attempt counts', () => {
  const { total, rounds } = correctionAccounting([story('a', ['yes', 'no'], 'yes')], questions, isRight);
  expect(total.overall).toMatchObject({ broken: 0, unchangedRight: 1 });
  // One revision, and the choice of the answer before it, which mends what that broke.
  expect(rounds.map(({ overall: { broken, fixed } }) => [broken, fixed])).toEqual([
    [1, 0],
    [0, 1],
  ]);
});

test('going back is counted after the attempts of all, not beside the revisions of others', () => {
  const trajectories = [
    story('a', ['yes', 'no'], 'yes'), // broken in round 1, and gone back
    story('b', ['yes', 'yes', 'no']), // fixed in round 2
  ];
  const { rounds, total } = correctionAccounting(trajectories, questions, isRight);
  expect(rounds.map(({ brokenIds, fixedIds }) => [brokenIds, fixedIds])).toEqual([
    [['a'], []],
    [[], ['b']],
    [[], ['a']],
  ]);
  expect(total.overall).toMatchObject({ fixed: 1, broken: 0 });
});

test('refuses trajectories without a question, and the same one twice', () => {
  expect(() => correctionAccounting([story('z', ['yes'])], questions, isRight)).toThrow(/\(z\)/);
  expect(() => correctionAccounting([story('a', ['yes']), story('a', ['no'])], questions, isRight)).toThrow(
    /\(a\)/,
  );
});
