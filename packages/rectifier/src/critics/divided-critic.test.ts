import type { Critic } from '@fgam/data';
import { expect, it } from 'vitest';
import { createDividedCritic } from './divided-critic.js';

it('asks each about its own questions in one call, the first that judges one, and keeps their order', async () => {
  const asked: string[][] = [];
  const saying = (text: string): Critic => ({
    name: text,
    critique: async (requests, call) => {
      asked.push(requests.map(({ question }) => question));
      call?.signal?.throwIfAborted();
      return requests.map(({ question }) => ({ verdict: 'revise', issues: [], text: `${text} ${question}` }));
    },
  });
  const critic = createDividedCritic('divided', [
    { critic: saying('a'), judges: ({ question }) => question.includes('a') },
    { critic: saying('b'), judges: ({ question }) => question.includes('b') },
    { critic: saying('never'), judges: () => false },
  ]);
  expect(critic.name).toBe('divided');
  const ask = (question: string) => ({ image: 'i', question, response: 'r' });
  const said = await critic.critique(['b1', 'a1', 'c', 'ab', 'b2'].map(ask));
  expect(said.map((each) => (each.verdict === 'revise' ? each.text : each))).toEqual([
    ...['b b1', 'a a1', { verdict: 'accept', confidence: 0.5 }, 'a ab', 'b b2'],
  ]);
  expect(asked).toEqual([
    ['a1', 'ab'],
    ['b1', 'b2'],
  ]);
  const signal = AbortSignal.abort(new Error('left'));
  await expect(critic.critique([ask('a')], { signal })).rejects.toThrow('left');
});

it('reads conversations where all parts do, and refuses what is not one feedback a request', async () => {
  const none: Critic = { name: 'none', readsContext: true, critique: async () => [] };
  const judges = () => true;
  expect(createDividedCritic('d', [{ critic: none, judges }]).readsContext).toBe(true);
  const other: Critic = { name: 'other', critique: async () => [] };
  const parts = [none, other].map((critic) => ({ critic, judges }));
  expect(createDividedCritic('d', parts).readsContext).toBe(false);
  const request = { image: 'i', question: 'q', response: 'r' };
  await expect(createDividedCritic('d', parts).critique([request])).rejects.toThrow(
    'createDividedCritic: none: expected 1 feedbacks, got 0',
  );
});
