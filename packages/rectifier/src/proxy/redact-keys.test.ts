import type { Critic } from '@fgam/data';
import { expect, it } from 'vitest';
import { createProxy } from './create-proxy.js';
import { agreeable, ask, useProxy } from './proxy.test-support.js';
import { createRedactor } from './redact-keys.js';

const model = 'tiny';
const apiKey = 'upstream/key+1';
const clientKeys = ['client-key', 'client-key-two', 'k?'];
const spelled = (key: string): string => `${key} in URL ?key=${encodeURIComponent(key)} and "x-key":"${key}"`;

it('logs no key of its own, of its client or of a critic’s error', async () => {
  const told: string[] = [];
  const words = [apiKey, ...clientKeys].map(spelled).join(', ');
  const critic: Critic = {
    name: 'telling',
    critique: () =>
      Promise.reject(new Error(`${words}; Bearer sk-secret, sk-proj-abc_1, bearer abc#d/e= end`)),
  };
  const { proxy } = await useProxy(agreeable, {
    ...{ upstream: { apiKey }, clientKeys, critics: [critic], log: (line: string) => told.push(line) },
  });
  const reply = await fetch(`${proxy.url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer client-key-two' },
    body: JSON.stringify({ model, messages: ask() }),
  });
  expect(await reply.json()).toMatchObject({ fgam: { degraded: 'critic-failed' } });
  expect(told).toEqual([
    expect.stringMatching(/critic "telling" in round 0 .* failed: .*; \*\*\*, \*\*\*, \*\*\* end$/) as string,
  ]);
  expect(told.join()).not.toMatch(/upstream.key|client-key|two|k\?|k%3F|secret|proj|abc/i);
});

it.each([
  ['Bearer my-own-token', 'prefixmy-own-tokensuffix', 'prefix***suffix'],
  ['Basic bXk6b3du', 'brought Basic bXk6b3du', 'brought Basic ***'],
  ['a-key-without-scheme', 'brought a-key-without-scheme', 'brought ***'],
  ['Bearer any', 'any of many', '*** of many'],
  ['Bearer ', 'no key of a task-force', 'no key of a task-force'],
])('logs nothing of the header that a client sent: %s', async (authorization, words, logged) => {
  const told: string[] = [];
  const critic: Critic = { name: 'telling', critique: () => Promise.reject(new Error(words)) };
  const { proxy } = await useProxy(agreeable, { critics: [critic], log: (line) => told.push(line) });
  const reply = await fetch(`${proxy.url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify({ model, messages: ask() }),
  });
  expect(reply.status).toBe(200);
  expect(told).toEqual([expect.stringMatching(/failed: /) as string]);
  expect(told[0]?.split('failed: ')[1]).toBe(logged);
});

it('logs no key where the proxy itself fails', async () => {
  const told: string[] = [];
  const critic: Critic = { name: 'any', critique: async () => [{ verdict: 'accept' }] };
  const options = { upstream: { baseUrl: 'http://127.0.0.1:9/v1', apiKey }, critics: [critic] };
  const proxy = createProxy({ ...options, log: (line) => told.push(line) });
  const request = new Request('http://localhost/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer my-own-token' },
    body: '{}',
  });
  Object.defineProperty(request, 'body', {
    get() {
      throw new Error(`${apiKey} my-own-token`);
    },
  });
  expect((await proxy.fetch(request)).status).toBe(500);
  expect(told).toEqual([expect.stringMatching(/^Error: \*\*\* \*\*\*\n/) as string]);
  await proxy.dispose();
});

it('hides the whole of a key that begins with another', () => {
  expect(createRedactor(['abc', 'abc-def'])('abc-def abc abcd')).toBe('*** *** ***d');
  expect(createRedactor([])('nothing', undefined)).toBe('nothing');
});
