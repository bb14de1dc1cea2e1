import type { Critic, Feedback } from '@fgam/data';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseFeedback } from '../feedback/parse-feedback.js';
import { feedbackScore } from '../loop/feedback-score.js';
import { acceptByThreshold, withAcceptThreshold, withRefusalThreshold } from './accept-threshold.js';

const refusal = parseFeedback('object : there is no cat', { response: 'yes' });

it('accepts from the threshold on, and keeps what is known', () => {
  const unsure: Feedback = { ...refusal, confidence: 0.6 };
  expect(acceptByThreshold(unsure, 0.4, 'yes')).toEqual({ verdict: 'accept', confidence: 0.4 });
  expect(acceptByThreshold(unsure, 0.41, 'yes')).toBe(unsure);
  expect(acceptByThreshold({ verdict: 'accept', confidence: 0.7 }, 0.8, 'yes')).toEqual({
    verdict: 'revise',
    issues: [{ kind: 'reasoning', claim: 'yes' }],
    text: 'reasoning : wrong',
    confidence: expect.closeTo(0.3) as number,
  });
});

it('leaves feedback without confidence alone', () => {
  for (const feedback of [refusal, { verdict: 'accept' } as const])
    for (const threshold of [0, 0.5, 1.1])
      expect(acceptByThreshold(feedback, threshold, 'yes')).toBe(feedback);
});

it('changes the verdict, never how right the response is held to be', () => {
  const score = fc.integer({ min: 0, max: 1000 }).map((n) => n / 1000);
  fc.assert(
    fc.property(score, score, fc.boolean(), (confidence, threshold, isRefusal) => {
      const feedback: Feedback = isRefusal ? { ...refusal, confidence } : { verdict: 'accept', confidence };
      const before = feedbackScore(feedback) ?? Number.NaN;
      const after = acceptByThreshold(feedback, threshold, 'yes');
      expect(feedbackScore(after)).toBeCloseTo(before, 12);
      expect(after.verdict).toBe(before >= threshold ? 'accept' : 'revise');
    }),
  );
});

it('wraps a critic, whose name and requests it keeps', async () => {
  const { signal } = new AbortController();
  const seen: unknown[] = [];
  const critic: Critic = {
    name: 'unsure',
    async critique(requests, call) {
      seen.push(call?.signal);
      return requests.map(({ response }) => ({ verdict: 'accept', confidence: Number(response) }));
    },
  };
  const strict = withAcceptThreshold(critic, 0.5);
  const ask = (response: string) => ({ image: 'i', question: 'q', response });
  const feedbacks = await strict.critique(['0.4', '0.5'].map(ask), { signal });
  expect(feedbacks.map(({ verdict }) => verdict)).toEqual(['revise', 'accept']);
  expect(feedbacks[0]).toMatchObject({ issues: [{ claim: '0.4' }] });
  expect(seen).toEqual([signal]);
  expect(strict.name).toBe('unsure');
});

it('lets a refusal stand below its threshold only, and leaves acceptances alone', async () => {
  const said: Feedback[] = [
    { ...refusal, confidence: 0.9 },
    { ...refusal, confidence: 0.6 },
    refusal,
    { verdict: 'accept', confidence: 0.2 },
  ];
  const critic: Critic = { name: 'scripted', critique: async (requests) => said.slice(0, requests.length) };
  const requests = said.map((_, i) => ({ image: `${i}.png`, question: 'q', response: 'yes' }));
  const calibrated = withRefusalThreshold(critic, () => 0.3);
  // Scores of the refusals: 0.1, 0.4 and, where nothing is said, 0.5.
  expect(await calibrated.critique(requests)).toEqual([
    said[0],
    { verdict: 'accept', confidence: 0.4 },
    { verdict: 'accept', confidence: 0.5 },
    said[3],
  ]);
  const byRequest = withRefusalThreshold(critic, ({ image }) => (image === '2.png' ? 1 : 0));
  expect((await byRequest.critique(requests)).map(({ verdict }) => verdict)).toEqual([
    'accept',
    'accept',
    'revise',
    'accept',
  ]);
});

it('reads conversations where its critic does', () => {
  const critic: Critic = { name: 'c', critique: async () => [] };
  for (const wrap of [
    (each: Critic) => withAcceptThreshold(each, 0.5),
    (each: Critic) => withRefusalThreshold(each, () => 0.5),
  ]) {
    expect(wrap({ ...critic, readsContext: true }).readsContext).toBe(true);
    expect(wrap(critic).readsContext).not.toBe(true);
  }
});
