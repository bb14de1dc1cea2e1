import type { Question, Trajectory } from '@fgam/data';
import { expect, test } from 'vitest';
import { answersSource } from './answers-source.js';

const question: Question = {
  id: 'q',
  sample: 's',
  kind: 'spatial',
  question: 'is a left of b ?',
  answer: 'yes',
};
const story = (first: string, final: string): Trajectory => ({
  id: 'q',
  image: 'q.png',
  question: question.question,
  attempts: [
    { response: first, feedback: { verdict: 'revise', issues: [], text: 'look again' } },
    { response: final, feedback: { verdict: 'accept' } },
  ],
  final,
  stop: 'accepted',
});

test.each([
  ['no', 'yes', 'fixed', 'right'],
  ['yes', 'no', 'broken', 'wrong'],
  ['yes', 'yes', 'still right', 'right'],
  ['no', 'no', 'still wrong', 'wrong'],
])('%s, then %s: %s', async (first, final, change, verdict) => {
  const source = answersSource({ title: 't', answers: [story(first, final)], questions: [question] });
  expect(source.rows[0]?.facets).toEqual({
    kind: ['spatial'],
    verdict: [verdict],
    change: [change],
    ended: ['accepted'],
    rounds: ['1'],
  });
  const detail = await source.detail(0);
  expect(detail.story?.rounds.map(({ right }) => right)).toEqual([first === 'yes', final === 'yes']);
  expect(detail.story).toMatchObject({ truth: 'yes', end: { right: final === 'yes' } });
});

test('without the truth nothing is called right or wrong', async () => {
  const source = answersSource({ title: 't', answers: [story('no', 'yes')] });
  expect(source.rows[0]?.badges).toEqual([{ text: 'changed' }]);
  expect(source.rows[0]?.text).toContain('look again');
  const { story: shown, hasImage } = await source.detail(0);
  expect(hasImage).toBe(true);
  expect(shown?.truth).toBeUndefined();
  expect(shown?.rounds[1]?.changes).toEqual([
    { kind: 'removed', text: 'no' },
    { kind: 'added', text: 'yes' },
  ]);
  expect(JSON.stringify(shown)).not.toContain('right');
});

test('a prediction is an answer without rounds', async () => {
  const answers = [{ id: 'q', answer: 'yes' }];
  const source = answersSource({ title: 't', answers, questions: [question] });
  expect(source.noun).toBe('predictions');
  expect(source.rows[0]).toMatchObject({ title: question.question, note: 'yes' });
  const detail = await source.detail(0);
  expect(detail).toMatchObject({ hasImage: false, story: { rounds: [{ response: 'yes', right: true }] } });
  expect(detail.story?.end).toBeUndefined();
  await expect(source.detail(1)).rejects.toMatchObject({ code: 'bench/bad-input' });
});
