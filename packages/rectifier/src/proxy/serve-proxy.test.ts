import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Critic, RegionTextScorer } from '@fgam/data';
import { APIError } from 'openai';
import { expect, it } from 'vitest';
import { sendJson, sendText } from '../../../data/src/chat-server.test-support.js';
import { createGroundedCritic } from '../critics/grounded/grounded-critic.js';
import { createLlmCritic } from '../critics/llm/llm-critic.js';
import { fail } from '../endpoint/endpoint.test-support.js';
import { parseFeedback } from '../feedback/parse-feedback.js';
import { agreeable, ask, fgamOf, type Report, strict, until, useProxy } from './proxy.test-support.js';

const model = 'tiny';

/** Answers with a text, and what it cost. */
function sendReply(response: ServerResponse, content: string, usage: object | undefined): void {
  const choices = [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }];
  sendJson(response, { id: '1', object: 'chat.completion', choices, ...(usage ? { usage } : {}) });
}

it('rectifies an answer, with the conversation and its parameters', async () => {
  const { client, upstream } = await useProxy();
  const conversation = [
    { role: 'system' as const, content: 'be brief' },
    { role: 'user' as const, content: 'hello' },
    { role: 'assistant' as const, content: 'hi' },
    ...ask(),
  ];
  upstream.behave(({ body }, response) => sendText(response, body.messages.length > 4 ? 'no' : 'yes'));
  const parameters = { temperature: 0.5, max_tokens: 7, stop: ['.'], seed: 3, top_p: 0.9 };
  const reply = await client.chat.completions.create({ model, messages: conversation, ...parameters });
  expect(reply.choices[0]?.message).toEqual({ role: 'assistant', content: 'no' });
  expect(reply.usage).toEqual({ prompt_tokens: 200, completion_tokens: 20, total_tokens: 220 });
  expect(fgamOf(reply)).toEqual({
    ...{ critic: 'strict', stop: 'accepted', rounds: 1, unseen: { turns: 3, images: 0 } },
    confidence: 0.9,
    id: expect.any(String) as string,
  });
  const [first, second] = upstream.seen.map(({ body }) => body);
  expect(first).toEqual({ model, messages: conversation, ...parameters });
  expect(second).toEqual({
    ...first,
    messages: [
      ...conversation,
      { role: 'assistant', content: 'yes' },
      { role: 'user', content: expect.stringContaining('there is no cat') as string },
    ],
  });
});

it('streams rounds as events, then the final answer', async () => {
  const { client } = await useProxy();
  const stream = await client.chat.completions.create({
    ...{ model, messages: ask(), stream: true },
    stream_options: { include_usage: true },
  });
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  expect(chunks.flatMap((chunk) => fgamOf(chunk).event ?? [])).toMatchObject([
    { type: 'response', round: 0, response: 'yes' },
    { type: 'feedback', round: 0 },
    { type: 'response', round: 1, response: 'no' },
    { type: 'feedback', round: 1 },
  ]);
  expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('no');
  expect(chunks.flatMap(({ choices }) => choices[0]?.finish_reason ?? [])).toEqual(['stop']);
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 220 } });
  expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
  expect(chunks.map((chunk) => fgamOf(chunk).stop).filter(Boolean)).toEqual(['accepted']);
});

it('gives each chunk of a stream a choice where the upstream counts nothing', async () => {
  const { client } = await useProxy((_, response) => sendReply(response, 'no', undefined));
  const body = { model, messages: ask(), stream: true as const };
  const usages = async (options: object) => {
    const chunks = [];
    for await (const chunk of await client.chat.completions.create({ ...body, ...options }))
      chunks.push(chunk);
    return chunks.map(({ choices, usage }) => [choices.length, usage]);
  };
  const asked = await usages({ stream_options: { include_usage: true } });
  expect(asked.every(([count, usage]) => count === 1 && usage === null)).toBe(true);
  expect((await usages({})).every(([count, usage]) => count === 1 && usage === undefined)).toBe(true);
});

it('has the client’s own helper add up the usage, of which there may be none', async () => {
  const counts = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 };
  const { client, upstream } = await useProxy((_, response) => sendReply(response, 'no', counts));
  const body = { model, messages: ask(), stream_options: { include_usage: true } };
  expect(await client.chat.completions.stream(body).totalUsage()).toEqual(counts);
  upstream.behave((_, response) => sendReply(response, 'no', undefined));
  const stream = client.chat.completions.stream(body);
  expect((await stream.finalChatCompletion()).choices[0]?.message.content).toBe('no');
  expect((await stream.totalUsage()).total_tokens).toBe(0);
});

it('streams what the client’s own helper puts together', async () => {
  const text = '  two  words\nand a second line ';
  const { client } = await useProxy((_, response) => sendText(response, text));
  const completion = await client.chat.completions.stream({ model, messages: ask() }).finalChatCompletion();
  expect(completion.choices[0]?.message.content).toBe(text);
  expect(completion.choices[0]?.finish_reason).toBe('stop');
});

it('is controlled by each request', async () => {
  const lenient: Critic = { ...strict, name: 'lenient', critique: async () => [{ verdict: 'accept' }] };
  const { client, proxy } = await useProxy(agreeable, { critics: [strict, lenient] });
  const say = async (fgam: object) => {
    const reply = await client.chat.completions.create({ model, messages: ask(), ...{ fgam } });
    return { text: reply.choices[0]?.message.content, ...fgamOf(reply) };
  };
  expect(await say({ enabled: false })).toEqual({ text: 'yes', unrectified: 'off' });
  expect(await say({ rounds: 0 })).toMatchObject({ text: 'yes', stop: 'max-rounds', rounds: 0 });
  expect(await say({ critic: 'lenient' })).toMatchObject({
    text: 'yes',
    stop: 'accepted',
    critic: 'lenient',
  });
  const { trajectory, id } = await say({ trajectory: true });
  expect(trajectory?.attempts.map(({ response }) => response)).toEqual(['yes', 'no']);
  const kept = await fetch(`${proxy.url}/fgam/trajectories/${id}`);
  expect(await kept.json()).toEqual(trajectory);
  expect((await fetch(`${proxy.url}/fgam/trajectories/other`)).status).toBe(404);
  for (const fgam of [{ critic: 'none' }, { rounds: 99 }, { round: 1 }, { budget_ms: 0 }])
    await expect(say(fgam)).rejects.toMatchObject({
      status: 400,
      param: expect.stringMatching(/^fgam/) as string,
    });
});

it('says how sure its critic is of the answer that it returns', async () => {
  const score: RegionTextScorer['score'] = async (requests) =>
    requests.map(({ boxes, texts }) => boxes.map(() => texts.map(() => 0)));
  const grounded = createGroundedCritic({ scorer: { name: 'blind', score } });
  const silent: Critic = { name: 'silent', critique: async () => [{ verdict: 'accept' }] };
  /** Holds the first answer, which it refuses, for right by 0.7, and the second, which it accepts, by 0.5. */
  const torn: Critic = {
    name: 'torn',
    critique: async (requests) =>
      requests.map(({ response }) =>
        response === 'yes'
          ? { ...parseFeedback('object : a dog', { response }), confidence: 0.3 }
          : { verdict: 'accept', confidence: 0.5 },
      ),
  };
  const { client, upstream } = await useProxy(agreeable, { critics: [strict, grounded, silent, torn] });
  const say = async (fgam: object, text?: string) => {
    const reply = await client.chat.completions.create({ model, messages: ask(text), ...{ fgam } });
    return { text: reply.choices[0]?.message.content, ...fgamOf(reply) };
  };
  const unread = await say({ critic: grounded.name }, 'what does the sign say ?');
  expect(unread).toMatchObject({ stop: 'accepted', rounds: 0, confidence: 0.5 });
  expect(await say({})).toMatchObject({ text: 'no', stop: 'accepted', confidence: 0.9 });
  expect(await say({ critic: 'torn' })).toMatchObject({ text: 'no', stop: 'accepted', confidence: 0.5 });
  expect(await say({ critic: 'silent' })).not.toHaveProperty('confidence');
  expect(await say({ rounds: 0 })).not.toHaveProperty('confidence');
  upstream.behave(({ body }, response) => sendText(response, body.messages.length > 1 ? 'yes ' : 'yes'));
  expect(await say({})).toMatchObject({ stop: 'unchanged', rounds: 1, confidence: 0.9 });
  const stream = await client.chat.completions.create({ model, messages: ask(), stream: true });
  const said: Report[] = [];
  for await (const chunk of stream) said.push(fgamOf(chunk));
  expect(said.filter(({ stop }) => stop)).toMatchObject([{ confidence: 0.9 }]);
});

it('hands on what the upstream counted of one answer, and sums several where all are counted', async () => {
  const counts = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 };
  const usage = { ...counts, prompt_tokens_details: { cached_tokens: 64 } };
  const { client, upstream } = await useProxy((_, response) => sendReply(response, 'no', usage));
  const once = await client.chat.completions.create({ model, messages: ask() });
  expect([once.usage, fgamOf(once).rounds]).toEqual([usage, 0]);
  upstream.behave(({ body }, response) =>
    body.messages.length > 1 ? sendReply(response, 'no', undefined) : sendReply(response, 'yes', usage),
  );
  const revised = await client.chat.completions.create({ model, messages: ask() });
  expect(fgamOf(revised).rounds).toBe(1);
  // The revision's tokens are not known: the first answer's alone would be too few.
  expect(revised).not.toHaveProperty('usage');
});

it('ends rounds by the budget', async () => {
  // The critic is asked at once, the revision never comes.
  const { client, upstream } = await useProxy((request, response, n) =>
    n === 0 ? agreeable(request, response, n) : undefined,
  );
  const reply = await client.chat.completions.create({
    ...{ model, messages: ask() },
    ...{ fgam: { budget_ms: 200 } },
  });
  expect(reply.choices[0]?.message.content).toBe('yes');
  expect(fgamOf(reply)).toMatchObject({ stop: 'budget', rounds: 0 });
  expect(upstream.seen).toHaveLength(2);
});

it('returns the first answer where critic or revision fail, and says so', async () => {
  const broken: Critic = { name: 'broken', critique: () => Promise.reject(new Error('no critic')) };
  const told: string[] = [];
  const { client, upstream } = await useProxy(agreeable, {
    critics: [strict, broken],
    log: (line) => told.push(line),
  });
  upstream.behave((request, response, n) =>
    request.body.messages.length > 1 ? fail(response, 500) : agreeable(request, response, n),
  );
  const messages = ask();
  const revised = await client.chat.completions.create({ model, messages });
  expect(revised.choices[0]?.message.content).toBe('yes');
  expect(revised.usage?.total_tokens).toBe(110);
  expect(fgamOf(revised)).toMatchObject({ degraded: 'revision-failed', stop: 'degraded', rounds: 0 });
  const checked = await client.chat.completions.create({
    model,
    messages,
    ...{ fgam: { critic: 'broken' } },
  });
  expect(fgamOf(checked)).toMatchObject({ degraded: 'critic-failed' });
  expect(told).toEqual([
    expect.stringContaining('answerer') as string,
    expect.stringContaining('no critic') as string,
  ]);
  const stream = await client.chat.completions.create({ model, messages, stream: true });
  let text = '';
  for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
  expect(text).toBe('yes');
});

it('asks an LLM critic at an endpoint', async () => {
  const { client, upstream, proxy } = await useProxy(({ facts, ...request }, response, n) => {
    if (facts['answer'] === undefined) return agreeable({ facts, ...request }, response, n);
    const issues = facts['answer'] === 'no' ? [] : [{ kind: 'object', claim: 'yes' }];
    const verdict = issues.length > 0 ? 'revise' : 'accept';
    return sendText(response, JSON.stringify({ verdict, confidence: 0.8, issues }));
  });
  const critic = createLlmCritic({ baseUrl: upstream.baseUrl, model: 'critic' });
  await proxy.close();
  const second = await useProxy(agreeable, { critics: [critic] });
  const reply = await second.client.chat.completions.create({ model, messages: ask() });
  expect(reply.choices[0]?.message.content).toBe('no');
  expect(fgamOf(reply)).toMatchObject({ critic: 'critic', rounds: 1, stop: 'accepted' });
  await critic.dispose();
  await expect(client.models.list()).rejects.toThrow();
});

it.each([
  ['several-choices', { n: 2 }],
  ['logprobs', { logprobs: true }],
  ['tools', { tools: [{ type: 'function' as const, function: { name: 'look' } }] }],
  ['no-image', { messages: [{ role: 'user' as const, content: 'is there a cat ?' }] }],
  ['several-images', { messages: [{ role: 'user' as const, content: [...partsOf(), ...partsOf()] }] }],
  ['no-question', { messages: [...ask(), { role: 'assistant' as const, content: 'ye' }] }],
])('passes through, and says why: %s', async (unrectified, fields) => {
  const { client, upstream } = await useProxy();
  const body = { model, messages: ask(), ...fields };
  const reply = await client.chat.completions.create(body);
  expect(fgamOf(reply)).toEqual({ unrectified });
  expect(reply.usage?.total_tokens).toBe(110);
  expect(upstream.seen.map((each) => each.body)).toEqual([body]);
});

it.each([
  ['no tools', { tools: [] }],
  ['no functions', { functions: [] }],
  ['no controls', { fgam: null }],
])('rectifies with %s', async (_, fields) => {
  const { client } = await useProxy();
  const reply = await client.chat.completions.create({ model, messages: ask(), ...fields });
  expect(reply.choices[0]?.message.content).toBe('no');
  expect(fgamOf(reply)).toMatchObject({ stop: 'accepted', rounds: 1 });
});

function partsOf() {
  const [message] = ask();
  return Array.isArray(message?.content) ? (message.content as { type: 'text'; text: string }[]) : [];
}

it('passes a stream through as it is', async () => {
  const { client } = await useProxy((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const head = { id: 'c', object: 'chat.completion.chunk', created: 1, model };
    for (const content of ['a ', 'cat'])
      response.write(`data: ${JSON.stringify({ ...head, choices: [{ index: 0, delta: { content } }] })}\n\n`);
    response.end('data: [DONE]\n\n');
  });
  const { data, response } = await client.chat.completions
    .create({ model, messages: ask(), stream: true, ...{ fgam: { enabled: false } } })
    .withResponse();
  let text = '';
  for await (const { choices } of data) text += choices[0]?.delta.content ?? '';
  expect(text).toBe('a cat');
  expect(response.headers.get('x-fgam-unrectified')).toBe('off');
});

it.each([
  ['breaks off', 'upstream_failed', (response: ServerResponse) => void response.destroy()],
  ['falls silent', 'upstream_timeout', () => {}],
])('tells of a stream that %s', async (_, code, then) => {
  const { client } = await useProxy(
    (__, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: {"choices":[]}\n\n', () => then(response));
    },
    { upstream: { timeout: 300 } },
  );
  const body = { model, messages: ask(), stream: true as const, ...{ fgam: { enabled: false } } };
  const stream = await client.chat.completions.create(body);
  const read = async (): Promise<void> => {
    for await (const chunk of stream) expect(chunk.choices).toEqual([]);
  };
  await expect(read()).rejects.toMatchObject({ code, type: 'upstream_error' });
});

it('ends the upstream’s work when the client leaves a stream between rounds', async () => {
  let closed = 0;
  const { client, upstream } = await useProxy((request, response, n) => {
    if (n === 0) return agreeable(request, response, n);
    response.on('close', () => (closed += 1));
  });
  const stream = await client.chat.completions.create({ model, messages: ask(), stream: true });
  for await (const chunk of stream) {
    expect(fgamOf(chunk).event?.response).toBe('yes');
    break;
  }
  await until(() => upstream.seen.length === 2 && closed === 1);
});

it.each([
  [429, 429, 'slow down'],
  [400, 400, 'too long'],
  [500, 500, 'oops'],
  [401, 502, "refuses the proxy's key"],
])('passes on that the first answer failed: %s', async (status, passed, words) => {
  const apiKey = 'sk-upstream-secret';
  const { client } = await useProxy(
    (_, response) => fail(response, status, `${words} ${apiKey}`, { 'retry-after': '7' }),
    { upstream: { apiKey } },
  );
  const error: unknown = await client.chat.completions
    .create({ model, messages: ask() })
    .catch((e: unknown) => e);
  expect(error).toBeInstanceOf(APIError);
  expect(error).toMatchObject({ status: passed, message: expect.stringContaining(words) as string });
  expect(JSON.stringify(error)).not.toContain(apiKey);
  expect((error as APIError<number, Headers>).headers.get('retry-after')).toBe(status === 401 ? null : '7');
});

it('fails as OpenAI does where the upstream makes no sense, breaks off or is silent', async () => {
  const { client, upstream } = await useProxy((_, response) => sendJson(response, { hello: 'world' }));
  const failure = () => client.chat.completions.create({ model, messages: ask() });
  await expect(failure()).rejects.toMatchObject({ status: 502, code: 'upstream_failed' });
  upstream.behave((_, response) => void response.end('<html>'));
  await expect(failure()).rejects.toMatchObject({ status: 502 });
  upstream.behave((_, response) => void response.destroy());
  await expect(failure()).rejects.toMatchObject({ status: 502 });
  const silent = await useProxy(() => {}, { upstream: { timeout: 100 } });
  await expect(silent.client.chat.completions.create({ model, messages: ask() })).rejects.toMatchObject({
    ...{ status: 504, code: 'upstream_timeout', type: 'upstream_error' },
  });
});

it.each([
  ['a page', false, 'text/html; charset=utf-8', 'content type text/html; charset=utf-8'],
  ['a page in place of a stream', true, 'text/html', 'content type text/html'],
  ['broken JSON', false, 'application/json', 'content type application/json'],
  ['a type without end', false, `text/${'x'.repeat(99)}`, `content type text/${'x'.repeat(35)}`],
  ['no type', false, undefined, 'content type not given'],
])('says what the upstream replied in place of a completion: %s', async (_, stream, type, words) => {
  const { client, proxy } = await useProxy((__, response) => {
    if (type !== undefined) response.setHeader('content-type', type);
    response.end('<html>');
  });
  const body = { model, messages: ask(), stream, ...{ fgam: { enabled: false } } };
  const error: unknown = await client.chat.completions.create(body).catch((e: unknown) => e);
  expect(error).toMatchObject({ status: 502, code: 'upstream_failed', type: 'upstream_error' });
  expect(String(error)).toMatch(new RegExp(`something other than a chat completion: no JSON, its ${words}$`));
  expect(await (await fetch(new URL('/metrics', proxy.url))).text()).toContain(
    'fgam_proxy_upstream_calls_total{outcome="failed"} 1',
  );
});

it('ends the upstream’s work when the client leaves', async () => {
  let closed = 0;
  const { client, upstream, proxy } = await useProxy((_, response) => {
    response.on('close', () => (closed += 1));
  });
  const leaving = new AbortController();
  const asked = client.chat.completions.create({ model, messages: ask() }, { signal: leaving.signal });
  await until(() => upstream.seen.length === 1);
  leaving.abort();
  await expect(asked).rejects.toThrow();
  await until(() => closed === 1);
  expect(await (await fetch(new URL('/metrics', proxy.url))).text()).toContain(
    'fgam_proxy_active_requests 0',
  );
});

it('lists the upstream’s models', async () => {
  const models = createServer(({ url }, response) =>
    sendJson(response, {
      object: 'list',
      data: [{ id: `tiny of ${url}`, object: 'model', created: 1, owned_by: 'me' }],
    }),
  );
  models.listen(0, '127.0.0.1');
  await once(models, 'listening');
  const { port } = models.address() as AddressInfo;
  const { client } = await useProxy(agreeable, { upstream: { baseUrl: `http://127.0.0.1:${port}/v1` } });
  expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['tiny of /v1/models']);
  models.removeAllListeners('request').on('request', (_, response) => void response.end('<html>'));
  await expect(client.models.list()).rejects.toThrow('something other than a list of models: no JSON');
  models.closeAllConnections();
  models.close();
});

it('asks for its own model, by its own key, and tries again', async () => {
  const upstreamOptions = { model: 'large', apiKey: 'upstream-key', retries: 1 };
  const { client, upstream } = await useProxy(
    (request, response, n) => (n === 0 ? fail(response, 503) : agreeable(request, response, n)),
    { upstream: upstreamOptions },
  );
  const reply = await client.chat.completions.create({ model, messages: ask() });
  expect(reply.choices[0]?.message.content).toBe('no');
  expect(upstream.seen.map(({ body }) => body.model)).toEqual(['large', 'large', 'large']);
  expect(upstream.seen[0]?.headers.authorization).toBe('Bearer upstream-key');
});
