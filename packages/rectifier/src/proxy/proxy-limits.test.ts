import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { sendText } from '../../../data/src/chat-server.test-support.js';
import { agreeable, ask, PICTURE, strict, until, useProxy } from './proxy.test-support.js';
import { serveProxy } from './serve-proxy.js';

const model = 'tiny';
const VIDEO = JSON.stringify({
  model,
  messages: [{ role: 'user', content: [{ type: 'video_url', video_url: { url: 'http://10.0.0.1/' } }] }],
});

it('refuses bodies that are too large, with and without a length', async () => {
  const { client, proxy, upstream } = await useProxy(agreeable, { maxBody: 2000 });
  const messages = ask('x'.repeat(3000));
  await expect(client.chat.completions.create({ model, messages })).rejects.toMatchObject({
    ...{ status: 413, code: 'request_too_large', type: 'invalid_request_error' },
  });
  const chunked = await fetch(`${proxy.url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: new Blob([JSON.stringify({ model, messages })]).stream(),
    duplex: 'half',
  });
  expect(chunked.status).toBe(413);
  expect(upstream.seen).toEqual([]);
  expect((await client.chat.completions.create({ model, messages: ask() })).choices).toHaveLength(1);
});

it.each([
  ['a URL', 'https://example.com/cat.png', 'image_url_not_allowed'],
  ['a file', 'file:///etc/passwd', 'image_url_not_allowed'],
  ['another type', `data:text/html;base64,${btoa('<html>')}`, 'invalid_image'],
  ['SVG', `data:image/svg+xml;base64,${btoa('<svg xmlns="http://www.w3.org/2000/svg"/>')}`, 'invalid_image'],
  ['a part of an image', PICTURE.slice(0, 60), 'invalid_image'],
  ['no base64', `${PICTURE}!`, 'invalid_image'],
  ['too many bytes', `data:image/png;base64,${Buffer.alloc(1001).toString('base64')}`, 'invalid_image'],
])('refuses an image: %s', async (_, url, code) => {
  const { client, upstream } = await useProxy(agreeable, { maxImageBytes: 1000 });
  const asked = client.chat.completions.create({ model, messages: ask('q', url) });
  await expect(asked).rejects.toMatchObject({ status: 400, code, param: 'messages' });
  expect(upstream.seen).toEqual([]);
});

it('refuses too many images', async () => {
  const { client } = await useProxy(agreeable, { maxImages: 1 });
  const asked = client.chat.completions.create({ model, messages: [...ask(), ...ask()] });
  await expect(asked).rejects.toMatchObject({ status: 400, code: 'too_many_images' });
});

it('fetches no private address where it fetches URLs', async () => {
  const { client, upstream } = await useProxy(agreeable, { allowImageFetch: true });
  const { port } = new URL(upstream.baseUrl);
  for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]']) {
    const asked = client.chat.completions.create({ model, messages: ask('q', `http://${host}:${port}/`) });
    await expect(asked).rejects.toMatchObject({ status: 400, code: 'invalid_image_url' });
  }
  expect(upstream.seen).toEqual([]);
});

it.each([
  ['no JSON', 'application/json', '{', 400],
  ['no messages', 'application/json', '{"model":"m"}', 400],
  ['content that the upstream would fetch', 'application/json', VIDEO, 400],
  ['a form of another site', 'text/plain', '{}', 415],
])('refuses %s, in OpenAI’s form', async (_, type, body, status) => {
  const { proxy } = await useProxy();
  const reply = await fetch(`${proxy.url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': type },
    body,
  });
  expect(reply.status).toBe(status);
  expect(await reply.json()).toEqual({
    error: {
      message: expect.any(String) as string,
      type: 'invalid_request_error',
      param: body === VIDEO ? 'messages.0.content' : body.includes('model') ? 'messages' : null,
      code: status === 400 && body === '{' ? 'invalid_json' : null,
    },
  });
});

it.each([
  ['GET', '/v1/chat/completions', 'POST'],
  ['OPTIONS', '/v1/chat/completions', 'POST'],
  ['POST', '/v1/models', 'GET, HEAD'],
  ['DELETE', '/v1/fgam/trajectories/x', 'GET, HEAD'],
  ['POST', '/healthz', 'GET, HEAD'],
  ['PUT', '/metrics', 'GET, HEAD'],
])('says which methods a path takes: %s %s', async (method, path, allow) => {
  const { proxy } = await useProxy();
  const reply = await fetch(new URL(path, proxy.url), { method });
  expect([reply.status, reply.headers.get('allow')]).toEqual([405, allow]);
  const message = `expected ${allow.replace(', ', ' or ')}, got ${method}`;
  const error = { message, type: 'invalid_request_error', param: null, code: 'method_not_allowed' };
  expect(await reply.json()).toEqual({ error });
});

it('knows no other paths', async () => {
  const { proxy } = await useProxy();
  for (const path of ['/', '/v1', '/v1/completions', '/v1/fgam/trajectories/', '/v1/fgam/trajectories/a/b']) {
    const reply = await fetch(new URL(path, proxy.url));
    expect([reply.status, await reply.json()]).toMatchObject([404, { error: { message: 'no such path' } }]);
  }
});

it('asks for one of its keys, and neither logs them nor hands them on', async () => {
  const told: string[] = [];
  const clientKeys = ['key-one', 'key-two'];
  const { proxy, upstream } = await useProxy(agreeable, { clientKeys, log: (line) => told.push(line) });
  const as = (apiKey: string) =>
    new OpenAI({ baseURL: proxy.url, apiKey, maxRetries: 0 }).chat.completions.create({
      model,
      messages: ask(),
    });
  await expect(as('key-tw')).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
  expect(upstream.seen).toEqual([]);
  expect((await as('key-two')).choices[0]?.message.content).toBe('no');
  expect((await as('key-one')).choices[0]?.message.content).toBe('no');
  expect(JSON.stringify([upstream.seen, told])).not.toMatch(/key-(one|two)/);
  expect((await fetch(`${proxy.url}/models`)).status).toBe(401);
  expect((await fetch(`${proxy.url}/fgam/trajectories/x`)).status).toBe(401);
  expect((await fetch(new URL('/healthz', proxy.url))).status).toBe(200);
});

it('says where it can’t listen', async () => {
  const { proxy, upstream } = await useProxy();
  const options = { upstream: { baseUrl: upstream.baseUrl }, critics: [strict] };
  const port = Number(new URL(proxy.url).port);
  await expect(serveProxy({ ...options, port })).rejects.toMatchObject({
    code: 'rectifier/no-port',
    message: `serveProxy: port ${port} of 127.0.0.1 is in use; give another as port`,
  });
  for (const other of [{ port: 70_000 }, { host: '192.0.2.1' }])
    await expect(serveProxy({ ...options, ...other })).rejects.toMatchObject({
      code: 'rectifier/no-port',
      message: expect.stringMatching(
        /^serveProxy: expected to listen at .*; give another host or port$/,
      ) as string,
    });
});

describe('with more requests than it takes', () => {
  it('sends those away that can’t wait, and answers the others', async () => {
    const waiting: (() => void)[] = [];
    const { client, upstream, proxy } = await useProxy(
      (_, response) => void waiting.push(() => sendText(response, 'no')),
      { maxConcurrent: 2, maxQueued: 1 },
    );
    const ask1 = () => client.chat.completions.create({ model, messages: ask() });
    const taken = [ask1(), ask1()];
    await until(() => upstream.seen.length === 2);
    taken.push(ask1());
    const gauge = async () => (await fetch(new URL('/metrics', proxy.url))).text();
    while (!(await gauge()).includes('fgam_proxy_waiting_requests 1'));
    const error: unknown = await ask1().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ status: 429, type: 'rate_limit_error' });
    expect((error as { headers: Headers }).headers.get('retry-after')).toBe('1');
    const answering = setInterval(() => waiting.shift()?.(), 5);
    const texts = await Promise.all(taken).finally(() => clearInterval(answering));
    expect(texts.map(({ choices }) => choices[0]?.message.content)).toEqual(['no', 'no', 'no']);
    expect(upstream.peak()).toBe(2);
  });

  it('gives the place of one that left while it waited to the next', async () => {
    const waiting: (() => void)[] = [];
    const { client, upstream, proxy } = await useProxy(
      (_, response) => void waiting.push(() => sendText(response, 'no')),
      { maxConcurrent: 1, maxQueued: 1 },
    );
    const ask1 = (signal?: AbortSignal, text = 'q') =>
      client.chat.completions.create({ model, messages: ask(text) }, { signal: signal ?? null });
    const waits = async (count: number): Promise<void> => {
      const gauge = async () => (await fetch(new URL('/metrics', proxy.url))).text();
      while (!(await gauge()).includes(`fgam_proxy_waiting_requests ${count}\n`));
    };
    const first = ask1();
    await until(() => upstream.seen.length === 1);
    for (const text of ['short', 'long '.repeat(200_000)]) {
      const leaving = new AbortController();
      const left = expect(ask1(leaving.signal, text)).rejects.toThrow('aborted');
      await waits(1);
      leaving.abort();
      await left;
      await waits(0);
    }
    const next = ask1();
    await waits(1);
    const answering = setInterval(() => waiting.shift()?.(), 5);
    await Promise.all([first, next]).finally(() => clearInterval(answering));
    expect(upstream.seen).toHaveLength(2);
  });
});

describe('when it shuts down', () => {
  it('finishes what is under way, and takes nothing more', async () => {
    const waiting: (() => void)[] = [];
    const { client, upstream, proxy } = await useProxy(
      (_, response) => void waiting.push(() => sendText(response, 'no')),
    );
    const asked = client.chat.completions.create({ model, messages: ask() });
    await until(() => upstream.seen.length === 1);
    const closed = proxy.close();
    await expect(fetch(`${proxy.url}/models`)).rejects.toThrow();
    waiting.shift()?.();
    expect((await asked).choices[0]?.message.content).toBe('no');
    await closed;
  });

  it('ends what takes too long', async () => {
    const { client, upstream, proxy } = await useProxy(() => {});
    const asked = client.chat.completions.create({ model, messages: ask() });
    const ended = expect(asked).rejects.toMatchObject({ status: 503, code: 'shutting_down' });
    await until(() => upstream.seen.length === 1);
    await proxy.close(20);
    await ended;
  });
});

it('counts what it does', async () => {
  const { client, proxy } = await useProxy();
  await client.chat.completions.create({ model, messages: ask() });
  await client.chat.completions.create({ model, messages: ask(), ...{ fgam: { enabled: false } } });
  await fetch(new URL('/nowhere', proxy.url));
  const text = await (await fetch(new URL('/metrics', proxy.url))).text();
  for (const line of [
    'fgam_proxy_requests_total{route="/v1/chat/completions",status="200"} 2',
    'fgam_proxy_requests_total{route="other",status="404"} 1',
    'fgam_proxy_stops_total{stop="accepted"} 1',
    'fgam_proxy_unrectified_total{reason="off"} 1',
    'fgam_proxy_upstream_calls_total{outcome="answered"} 3',
    'fgam_proxy_revisions_sum 1',
    'fgam_proxy_request_seconds_count 2',
  ])
    expect(text).toContain(line);
});
