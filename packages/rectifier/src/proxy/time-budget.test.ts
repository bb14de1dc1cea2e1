import { setTimeout } from 'node:timers/promises';
import type { Critic } from '@fgam/data';
import { describe, expect, it } from 'vitest';
import { answerChat, type AnswerParts } from './answer-chat.js';
import { readChatRequest } from './chat-request.js';
import type { ImageFetcher } from './image-fetcher.js';
import { createMetrics } from './proxy-metrics.js';
import { proxySettings } from './proxy-options.js';
import { agreeable, ask, fgamOf, strict, until, useProxy } from './proxy.test-support.js';
import { createSlots } from './slots.js';
import { createTrajectoryStore } from './trajectory-store.js';
import { createUpstream } from './upstream.js';

const model = 'tiny';
const late = { status: 504, code: 'upstream_timeout', type: 'upstream_error' };
/** Heeds no signal, and gives nothing. */
const hanging: Critic = { name: 'hanging', critique: () => new Promise(() => {}) };

it.each([
  ['an answer', {}],
  ['a stream', { stream: true }],
  ['an answer that is passed on', { fgam: { budget_ms: 300, enabled: false } }],
  ['a stream that is passed on', { stream: true, fgam: { budget_ms: 300, enabled: false } }],
])('waits for %s no longer than the budget, and ends the upstream’s work', async (_, fields) => {
  let closed = 0;
  const { client, upstream } = await useProxy((__, response) => {
    response.on('close', () => (closed += 1));
  });
  const body = { model, messages: ask(), ...{ fgam: { budget_ms: 300 } }, ...fields };
  await expect(client.chat.completions.create(body)).rejects.toMatchObject({
    ...late,
    message: expect.stringContaining('within the budget of 300 ms, got no answer; allow more') as string,
  });
  await until(() => closed === upstream.seen.length);
});

it('has a budget of its own, of which requests may ask for less, not for more', async () => {
  const { client } = await useProxy(() => {}, { budgetMs: 100 });
  const body = { model, messages: ask() };
  await expect(client.chat.completions.create(body)).rejects.toMatchObject(late);
  const more = client.chat.completions.create({ ...body, ...{ fgam: { budget_ms: 60_000 } } });
  await expect(more).rejects.toMatchObject(late);
});

it('does not bound what is passed on, unless the request asks for it', async () => {
  const { client } = await useProxy(
    async (...asked) => {
      await setTimeout(400);
      await agreeable(...asked);
    },
    { budgetMs: 150 },
  );
  const body = { model, messages: ask(), ...{ fgam: { enabled: false } } };
  const { choices } = await client.chat.completions.create(body);
  expect(choices[0]?.message.content).not.toBe('');
  const asked = client.chat.completions.create({ ...body, ...{ fgam: { enabled: false, budget_ms: 150 } } });
  await expect(asked).rejects.toMatchObject(late);
});

it('lets a stream that began in time go on beyond the budget', async () => {
  const { client } = await useProxy((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const chunk = { id: 'c', object: 'chat.completion.chunk', created: 1, model };
    const send = (content: string): void =>
      void response.write(
        `data: ${JSON.stringify({ ...chunk, choices: [{ index: 0, delta: { content } }] })}\n\n`,
      );
    send('a ');
    void setTimeout(1200).then(() => {
      send('cat');
      response.end('data: [DONE]\n\n');
    });
  });
  const fgam = { budget_ms: 1000, enabled: false };
  const stream = await client.chat.completions.create({ model, messages: ask(), stream: true, ...{ fgam } });
  let text = '';
  for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
  expect(text).toBe('a cat');
});

it('returns the first answer where a critic that does not heed its signal takes longer', async () => {
  const { client } = await useProxy(agreeable, { critics: [hanging] });
  const fgam = { budget_ms: 1000 };
  const reply = await client.chat.completions.create({ model, messages: ask(), ...{ fgam } });
  expect(reply.choices[0]?.message.content).toBe('yes');
  expect(fgamOf(reply)).toMatchObject({ stop: 'budget', rounds: 0 });
});

it('tells whoever waits for such a critic that it shuts down', async () => {
  let asked = 0;
  const critic: Critic = { ...hanging, critique: (...all) => ((asked += 1), hanging.critique(...all)) };
  const { client, proxy } = await useProxy(agreeable, { critics: [critic] });
  const ended = expect(client.chat.completions.create({ model, messages: ask() })).rejects.toMatchObject({
    ...{ status: 503, code: 'shutting_down' },
  });
  await until(() => asked === 1);
  await proxy.close(20);
  await ended;
});

describe('with images by URL', () => {
  const urls = ['a', 'b', 'c'].map((name) => `https://example.com/${name}.png`);
  const content = urls.map((url) => ({ type: 'image_url', image_url: { url } }));
  const request = readChatRequest({
    ...{ model, fgam: { budget_ms: 100 } },
    messages: [{ role: 'user', content: [...content, { type: 'text', text: 'is there a cat ?' }] }],
  });
  const partsWith = (fetcher: ImageFetcher): AnswerParts => {
    const settings = proxySettings({ upstream: { baseUrl: 'http://127.0.0.1:9/v1' }, critics: [strict] });
    return {
      ...{ settings, fetcher, store: createTrajectoryStore(1), metrics: createMetrics(createSlots(1, 0)) },
      upstream: createUpstream(settings.upstream, () => {}),
      log: () => {},
    };
  };
  const { signal } = new AbortController();

  it('waits for them no longer than the budget, which are fetched at once', async () => {
    const fetched: string[] = [];
    const fetcher: ImageFetcher = {
      fetch: (url) => {
        fetched.push(url);
        return new Promise(() => {});
      },
      close: () => Promise.resolve(),
    };
    await expect(answerChat(request, partsWith(fetcher), signal)).rejects.toMatchObject({
      ...{ status: 504, body: { code: 'upstream_timeout' } },
    });
    expect(fetched).toEqual(urls);
  });

  it('gives the others up where one fails', async () => {
    const signals: AbortSignal[] = [];
    const fetcher: ImageFetcher = {
      fetch: (url, given) => {
        signals.push(given);
        return url === urls[1] ? Promise.reject(new Error('no such image')) : new Promise(() => {});
      },
      close: () => Promise.resolve(),
    };
    await expect(answerChat(request, partsWith(fetcher), signal)).rejects.toThrow('no such image');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true]);
  });
});
