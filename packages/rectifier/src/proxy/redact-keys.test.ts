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
      Promise.reject(new Error(`${words}; Bearer sk-secret-1, sk-proj-abc_12345678, bearer abc#d/e1= end`)),
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
  ['Bearer my-own-long-token', 'prefixmy-own-long-tokensuffix', 'prefix***suffix'],
  ['Basic bXk6b3du', 'brought Basic bXk6b3du', 'brought Basic ***'],
  ['a-key-without-scheme', 'brought a-key-without-scheme', 'brought ***'],
  ['Bearer any', 'any of many', '*** of many'],
  ['Bearer my-own-token', 'token=my-own-token, not my-own-tokens', 'token=***, not my-own-tokens'],
  [
    'Bearer localhost',
    'http://localhost:8000/v1 of localhost.local or localhost:80, brought "localhost".',
    'http://localhost:8000/v1 of localhost.local or localhost:80, brought "***".',
  ],
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
  const redact = createRedactor(['sk-1234567890']);
  expect(redact('of sk-1234567890', 'Bearer sk')).toBe('of ***');
  expect(redact('of sk-1234567890-of-client', 'Bearer sk-1234567890-of-client')).toBe('of ***');
});

it.each([
  ['of sk-1234567890abcdef.', 'of ***.'],
  ['of gsk_1234567890abcdef or hf_1234567890abcdef', 'of *** or ***'],
  ['of AIza1234567890-abcdef or xai-1234567890abcdef', 'of *** or ***'],
  ['Bearer abcdefg1', '***'],
  ['x-api-key: abcdefg1', 'x-api-key: ***'],
  ['GET /?api_key=abcdefg1&n=1', 'GET /?api_key=***&n=1'],
  ['{"apiKey":"abcdefg1","n":1}', '{"apiKey":"***","n":1}'],
  [String.raw`{\"api-key\": \"abcdefg1\"}`, String.raw`{\"api-key\": \"***\"}`],
])('hides what looks like a key: %s', (line, logged) => {
  expect(createRedactor([])(line)).toBe(logged);
});

it.each([
  ...['sk-learn', 'task-force-of-many-people', 'hf_hub_download_of_models', 'Bearer of 1 token'],
  ...['Bearer authentication failed', 'Bearer token: 2 faults', 'no API key: expected one'],
])('leaves ordinary words as they are: %s', (line) => {
  expect(createRedactor([])(line)).toBe(line);
});
