import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { sendText } from '../../../data/src/chat-server.test-support.js';
import { agreeable, ask, PICTURE, strict, until, useProxy } from './proxy.test-support.js';
import { createProxy } from './create-proxy.js';
import { serveProxy } from './serve-proxy.js';

const model = 'tiny';
const VIDEO = JSON.stringify({
  model,
  messages: [{ role: 'user', content: [{ type: 'video_url', video_url: { url: 'http://10.0.0.1/' } }] }],
});

const WIDE = `[${'0,'.repeat(200_000)}0]`;
const DEEP = `{"model":"m","x":${'['.repeat(50_000)}${']'.repeat(50_000)}}`;

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
  ['nothing but the end of base64', `data:image/png;base64,${'='.repeat(1_000_000)}A`, 'invalid_image'],
  ['too many bytes', `data:image/png;base64,${Buffer.alloc(1001).toString('base64')}`, 'invalid_image'],
])('refuses an image: %s', async (_, url, code) => {
  const { client, upstream } = await useProxy(agreeable, { maxImageBytes: 1000 });
  const asked = client.chat.completions.create({ model, messages: ask('q', url) });
  await expect(asked).rejects.toMatchObject({ status: 400, code, param: 'messages' });
  expect(upstream.seen).toEqual([]);
});

it.each<[name: string, part: object, fault: string]>([
  ['a URL as a file', { type: 'file', file: { file_url: 'http://10.0.0.1/' } }, 'file_url'],
  ...['https://10.0.0.1/', ' https://10.0.0.1/', 'file:///etc/passwd', 'data:,x'].map(
    (data): [string, object, string] => [
      `${data} as what is in a file`,
      { type: 'file', file: { file_data: data } },
      'expected base64',
    ],
  ),
  ['a URL as an id', { type: 'file', file: { file_id: 'https://10.0.0.1/' } }, 'file_id: expected an id'],
  [
    'a URL as sound',
    { type: 'input_audio', input_audio: { data: 'http://10.0.0.1/', format: 'wav' } },
    'input_audio.data: expected base64',
  ],
  ['an image in a text', { type: 'text', text: 'x', image_url: { url: 'http://10.0.0.1/' } }, 'image_url'],
  ['a film in a text', { type: 'text', text: 'x', video_url: { url: 'http://10.0.0.1/' } }, 'video_url'],
  ['bytes in a text', { type: 'text', text: 'x', frames: [[137, 80, 78, 71]] }, 'frames: unknown key'],
  [
    'an image in what is to be kept',
    { type: 'text', text: 'x', cache_control: { image_url: 'http://10.0.0.1/' } },
    'cache_control.image_url: unknown key',
  ],
])('refuses %s, which the upstream might fetch', async (_, part, fault) => {
  const { client, upstream } = await useProxy();
  const messages = [{ role: 'user', content: [part] }] as unknown as ReturnType<typeof ask>;
  await expect(client.chat.completions.create({ model, messages })).rejects.toMatchObject({
    ...{ status: 400, param: expect.stringMatching(/^messages\.0\.content/) as string },
    message: expect.stringContaining(fault) as string,
  });
  expect(upstream.seen).toEqual([]);
});

it.each([
  [
    'a file',
    { type: 'file', file: { file_data: 'data:text/plain;charset=utf-8;base64,eA==', filename: 'x' } },
  ],
  ['a file by its id', { type: 'file', file: { file_id: 'file-1.a', file_data: null } }],
  ['sound', { type: 'input_audio', input_audio: { data: 'eA==', format: 'wav' } }],
  ['a file in lines', { type: 'file', file: { file_data: 'eHh4\neHh4\n', filename: 'x' } }],
  ['a part to be kept', { type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }],
  ['a part that says nothing more', { type: 'text', text: 'x', annotations: [], logprobs: null }],
])('passes on %s', async (_, part) => {
  const { client, upstream } = await useProxy();
  const messages = [{ role: 'user', content: [part] }] as unknown as ReturnType<typeof ask>;
  await client.chat.completions.create({ model, messages });
  expect(upstream.seen.map(({ body }) => body.messages)).toEqual([messages]);
});

it.each<[param: string, fields: object, message?: object]>([
  ...['img', 'img_url', 'image_base64', 'page', 'whatever'].map((key): [string, object, object] => [
    `messages.0.${key}`,
    {},
    { [key]: 'http://169.254.169.254/' },
  ]),
  ['messages.0.extra', {}, { extra: { image_url: 'http://169.254.169.254/' } }],
  ['messages.0.pixels', {}, { pixels: [[255, 0, 0]] }],
  ['messages.0.audio.id', {}, { audio: { id: 'http://169.254.169.254/' } }],
  ['messages.0.tool_calls.0.image', {}, { tool_calls: [{ id: 'x', image: 'iVBORw0KGgo=' }] }],
  ['messages.0.annotations.0.file', {}, { annotations: [{ type: 'file', file: { hash: 'x' } }] }],
  ['multi_modal_data', { multi_modal_data: { image: 'http://169.254.169.254/' } }],
  ['extra.nested.0.imageUrl', { extra: { nested: [{ imageUrl: 'x.png' }] } }],
  ['voice', { voice: 'https://169.254.169.254/voice.wav' }],
  ['tools.0.server_url', { tools: [{ type: 'mcp', server_url: 'http://169.254.169.254/' }] }],
  ['kv_transfer_params.remote_host', { kv_transfer_params: { remote_host: '10.0.0.1' } }],
])('lets no other field reach the upstream: %s', async (param, fields, message = {}) => {
  const { proxy, upstream } = await useProxy();
  const reply = await fetch(`${proxy.url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hi', ...message }], ...fields }),
  });
  expect([reply.status, await reply.json()]).toEqual([
    400,
    {
      error: {
        ...{ type: 'invalid_request_error', param, code: null },
        message: expect.stringContaining(`${param}: `) as string,
      },
    },
  ]);
  expect(upstream.seen).toEqual([]);
});

it('names every fault of a request', async () => {
  const { client } = await useProxy();
  const asked = client.chat.completions.create({
    model,
    messages: [],
    ...{ fgam: { rounds: 99, critics: 'x' } },
  });
  await expect(asked).rejects.toMatchObject({
    status: 400,
    message: expect.stringMatching(/messages: .*; fgam\.rounds: .*; fgam\.critics: unknown key/) as string,
  });
});

it('is asked by its own names alone, where it listens to this machine and asks for no keys', async () => {
  const { proxy, upstream } = await useProxy(agreeable, {}, { hostNames: ['proxy.example'] });
  /** As a page whose name was made to stand for this machine. */
  const statusAs = (host: string, url = proxy.url): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const asked = request(`${url}/chat/completions`, {
        method: 'POST',
        headers: { host, 'content-type': 'application/json' },
      });
      asked.on('response', (reply) => {
        reply.resume();
        resolve(reply.statusCode);
      });
      asked.on('error', reject);
      asked.end(JSON.stringify({ model, messages: ask() }));
    });
  expect(await statusAs('evil.example:8080')).toBe(403);
  expect(upstream.seen).toEqual([]);
  expect(await statusAs('proxy.example')).toBe(200);
  expect(await statusAs('localhost:1')).toBe(200);
  const keyed = await useProxy(agreeable, { clientKeys: ['key'] });
  expect(await statusAs('evil.example', keyed.proxy.url)).toBe(401);
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
  ['more levels than can be written again', 'application/json', DEEP, 400],
  ['more values than a conversation has', 'application/json', WIDE, 400],
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
      param: body === VIDEO ? 'messages.0.content' : body.endsWith('"m"}') ? 'messages' : null,
      code: body === '{' || body === DEEP || body === WIDE ? 'invalid_json' : null,
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
    message: `serveProxy: port ${port} of 127.0.0.1 is in use; give another port`,
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

describe('with clients that are slow', () => {
  /** Sends the head of a request and a part of its body, and reads nothing of the reply. */
  const open = async (url: string, body: string, length = body.length): Promise<Socket> => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1').pause();
    const head = ['POST /v1/chat/completions HTTP/1.1', 'host: localhost', 'content-type: application/json'];
    socket.write([...head, `content-length: ${length}`, '', ''].join('\r\n') + body);
    await once(socket, 'connect');
    return socket;
  };
  const closed = (socket: Socket): Promise<unknown> =>
    once(
      socket.on('error', () => {}),
      'close',
    );

  it('lets others be answered while a body does not come, and waits for it no longer than said', async () => {
    const { client, proxy, upstream } = await useProxy(agreeable, {
      ...{ maxConcurrent: 1, maxQueued: 0, clientTimeout: 500 },
    });
    const slow = await open(proxy.url, '{', 1000);
    expect((await client.chat.completions.create({ model, messages: ask() })).choices).toHaveLength(1);
    let reply = '';
    slow.on('data', (part) => (reply += String(part)));
    await closed(slow.resume());
    expect(reply).toMatch(/^HTTP\/1\.1 408 [^]*request_timeout/);
    expect(upstream.seen).toHaveLength(2);
  });

  it.each([
    ['an upstream’s stream', { enabled: false }, 40_000],
    // Sent as events and again in chunks; an upstream's answer may have 4 MiB.
    ['a rectified answer', {}, 14_000],
  ])('closes the connection of one that does not take %s, and its place is free', async (_, fgam, words) => {
    // More than the 4 MB that Linux buffers, in few chunks.
    const long = `${'word'.repeat(64)} `.repeat(words);
    const { client, proxy, upstream } = await useProxy((_, response) => sendText(response, long), {
      ...{ maxConcurrent: 1, maxQueued: 0, clientTimeout: 200 },
    });
    const stalled = await open(proxy.url, JSON.stringify({ model, messages: ask(), stream: true, fgam }));
    const ended = closed(stalled);
    await until(() => upstream.seen.length === 1);
    upstream.behave(agreeable);
    const gauge = async () => (await fetch(new URL('/metrics', proxy.url))).text();
    while (!(await gauge()).includes('fgam_proxy_active_requests 0'));
    expect((await client.chat.completions.create({ model, messages: ask() })).choices).toHaveLength(1);
    // What was on its way may still be read; then it is over, before the end of the reply.
    let reply = '';
    stalled.on('data', (part) => (reply += String(part))).resume();
    await ended;
    expect(reply).toMatch(/^HTTP\/1\.1 200 /);
    expect(reply.endsWith('\r\n0\r\n\r\n')).toBe(false);
  });
});

it('holds no more bytes of bodies than it may, and says that it is busy', async () => {
  const waiting: (() => void)[] = [];
  const { client, upstream } = await useProxy(
    (_, response) => void waiting.push(() => sendText(response, 'no')),
    { maxBody: 3000, maxBodyMemory: 3000 },
  );
  const first = client.chat.completions.create({ model, messages: ask('x'.repeat(1500)) });
  await until(() => upstream.seen.length === 1);
  const second = client.chat.completions.create({ model, messages: ask('x'.repeat(1500)) });
  await expect(second).rejects.toMatchObject({ status: 429, code: 'server_busy' });
  waiting.shift()?.();
  await first;
  const third = client.chat.completions.create({ model, messages: ask('x'.repeat(1500)) });
  await until(() => upstream.seen.length === 2);
  waiting.shift()?.();
  expect((await third).choices).toHaveLength(1);
  const bounds = { maxBody: 2 ** 30, maxBodyMemory: 2 ** 29 };
  expect(() =>
    createProxy({ upstream: { baseUrl: upstream.baseUrl }, critics: [strict], ...bounds }),
  ).toThrow(/maxBodyMemory: expected no fewer bytes than maxBody/);
});

it('counts the bytes that came, whatever length is claimed or not', async () => {
  const { proxy } = await useProxy(agreeable, { maxBody: 3000, maxBodyMemory: 3000 });
  const idle = connect(Number(new URL(proxy.url).port), '127.0.0.1');
  const head = ['POST /v1/chat/completions HTTP/1.1', 'host: localhost', 'content-type: application/json'];
  idle.write([...head, 'content-length: 3000', '', ''].join('\r\n') + '{');
  await once(idle, 'connect');
  const body = JSON.stringify({ model, messages: ask() });
  // Of no said length each, as a reverse proxy may send them.
  const replies = await Promise.all(
    Array.from({ length: 3 }, () =>
      fetch(`${proxy.url}/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: new Blob([body]).stream(),
        duplex: 'half',
      }),
    ),
  );
  expect(replies.map(({ status }) => status)).toEqual([200, 200, 200]);
  idle.destroy();
});

it('works on no body that is whole only after it was disposed of', async () => {
  const { upstream } = await useProxy();
  const proxy = createProxy({ upstream: { baseUrl: upstream.baseUrl }, critics: [strict] });
  let finish: (() => void) | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      finish = () => {
        controller.enqueue(Buffer.from(JSON.stringify({ model, messages: ask() })));
        controller.close();
      };
    },
  });
  const asked = proxy.fetch(
    new Request('http://localhost/v1/chat/completions', {
      ...{ method: 'POST', body, headers: { 'content-type': 'application/json' } },
      duplex: 'half',
    }),
  );
  await proxy.dispose();
  finish?.();
  expect((await asked).status).toBe(503);
  expect(upstream.seen).toEqual([]);
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
