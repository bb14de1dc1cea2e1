import { getEventListeners } from 'node:events';
import type { Answerer, Critic } from '@fgam/data';
import { expect, it } from 'vitest';
import { rectify } from './rectify.js';

it('leaves no listener on the signal of the caller, and aborts no signal of a call that came in time', async () => {
  const signals: AbortSignal[] = [];
  const answerer: Answerer = {
    name: 'counts',
    answer: async (requests, { signal } = {}) => {
      if (signal) signals.push(signal);
      return requests.map(() => ({ text: `answer ${signals.length}` }));
    },
  };
  const critic: Critic = {
    name: 'strict',
    critique: async (requests, { signal } = {}) => {
      if (signal) signals.push(signal);
      return requests.map(({ response }) => ({
        verdict: 'revise',
        issues: [{ kind: 'object', claim: response, correction: 'another' }],
        text: 'object : another',
      }));
    },
  };
  const { signal } = new AbortController();
  const requests = [{ id: 'a', image: 'a.png', question: 'what is it ?' }];
  await rectify({ answerer, critic, requests, rounds: 3, budget: { milliseconds: 60_000 }, signal });
  expect(signals.length).toBeGreaterThan(4);
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  expect(signals.some(({ aborted }) => aborted)).toBe(false);
});
