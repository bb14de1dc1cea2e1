import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { buildShards, type RegionSample, readScenes, writeScenes } from '@fgam/data';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findRows } from './find-rows.js';
import { samplesSource } from './samples-source.js';
import { serveView, type ViewServer } from './serve-view.js';
import { shardsSource } from './shards-source.js';

let folder: string;
let samples: readonly RegionSample[];
let server: ViewServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-view-'));
  await writeScenes({ out: join(folder, 'scenes'), count: 6, seed: 1, split: 'train' });
  ({ samples } = await readScenes(join(folder, 'scenes')));
  await writeFile(join(folder, 'secret.txt'), 'a secret');
  const [first] = samples;
  if (!first) throw new Error('no scenes');
  // A record that names a file which is no image, and one that names none at all.
  const others = ['secret.txt', 'none.png', '.'].map((name) => ({
    ...first,
    id: name,
    image: join(folder, name),
  }));
  server = await serveView(samplesSource({ title: 'six', samples: [...samples, ...others] }));
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

interface Reply {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** By Node's client: `fetch` tidies paths up and sends no Host header of another. */
const ask = (path: string, options: { host?: string; method?: string } = {}): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const { hostname, port, host } = new URL(server.url);
    const { method = 'GET' } = options;
    request({ hostname, port, path, method, headers: { host: options.host ?? host } }, (reply) => {
      text(reply).then((body) => resolve({ status: reply.statusCode, headers: reply.headers, body }), reject);
    })
      .on('error', reject)
      .end();
  });

test('leaves the Request and Response of the process as they are', async () => {
  const before = [globalThis.Request, globalThis.Response];
  const other = await serveView(samplesSource({ title: 'again', samples }));
  await other.close();
  expect([globalThis.Request, globalThis.Response]).toEqual(before);
  // As Node has them: a server that was begun before would have replaced them already.
  expect(Object.getPrototypeOf(globalThis.Response)).toBe(Function.prototype);
});

describe('what it answers', () => {
  test('rows, a page of them and those that a query finds', async () => {
    const label = samples[0]?.regions[0]?.label ?? '';
    const all = JSON.parse((await ask('/api/rows')).body) as { total: number; rows: unknown[] };
    expect(all).toMatchObject({ total: samples.length + 3 });
    const some = JSON.parse((await ask('/api/rows?from=2&count=3')).body) as { rows: { row: number }[] };
    expect(some.rows.map(({ row }) => row)).toEqual([2, 3, 4]);
    const query = new URLSearchParams({ 'filter.label': label });
    const found = JSON.parse((await ask(`/api/rows?${query.toString()}`)).body) as { total: number };
    const expected =
      samples.filter(({ regions }) => regions.some((region) => region.label === label)).length + 3;
    expect(found.total).toBe(expected);
    expect(found.total).toBeLessThan(all.total);
  });

  test('a sample, and its image with the type that its bytes have', async () => {
    const detail = JSON.parse((await ask('/api/rows/1')).body) as { sample: RegionSample };
    expect(detail.sample).toEqual(samples[1]);
    const image = await ask('/api/images/1');
    expect(image).toMatchObject({ status: 200, headers: { 'content-type': 'image/png' } });
  });
});

describe('what it refuses', () => {
  test.each(['evil.example', 'evil.example:80', '127.0.0.1', '127.0.0.1:1', 'localhost'])(
    'requests for the host %j',
    async (host) => {
      for (const path of ['/', '/api/rows', '/api/rows/0', '/api/images/0']) {
        const { status, body } = await ask(path, { host });
        expect(status).toBe(403);
        expect(body).not.toContain('total');
      }
    },
  );

  test('its own names are not among them', async () => {
    const { port } = new URL(server.url);
    expect((await ask('/', { host: `localhost:${port}` })).status).toBe(200);
    expect((await ask('/', { host: `127.0.0.1:${port}` })).status).toBe(200);
  });

  test.each([
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/view.js/../../secret.txt',
    '/package.json',
    '/api/images/..%2f..%2fsecret.txt',
    '/api/images/%2fetc%2fpasswd',
    '/api/images/../../../etc/passwd',
    '/api/images/0%00',
    '/api/images/-1',
    '/api/images/1e0',
    '/api/images/99',
    '/api/rows/..%2fsecret.txt',
    '/api/rows/0.5',
    '/api/rows/constructor',
  ])('the path %s', async (path) => {
    const { status, body } = await ask(path);
    expect(status).toBe(404);
    expect(body).not.toContain('secret\n');
    expect(body).not.toMatch(/a secret|root:/);
  });

  test('files that a record names and that are no image', async () => {
    expect(await ask(`/api/images/${samples.length}`)).toMatchObject({ status: 415 });
    const missing = await ask(`/api/images/${samples.length + 1}`);
    expect(missing.status).toBe(500);
    expect(missing.body).toContain('none.png');
    expect((await ask(`/api/images/${samples.length + 2}`)).body).toContain('another kind of file');
  });

  test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('the method %s', async (method) => {
    expect(await ask('/api/rows/0', { method })).toMatchObject({ status: 405 });
  });

  test.each(['from=-1', 'count=100000', 'from=x', `search=${'a'.repeat(400)}`])(
    'the query %s',
    async (query) => {
      expect(await ask(`/api/rows?${query}`)).toMatchObject({ status: 400 });
    },
  );

  test('a port that is taken', async () => {
    const port = Number(new URL(server.url).port);
    const other = serveView(samplesSource({ title: 'none', samples: [] }), { port });
    await expect(other).rejects.toMatchObject({ code: 'bench/bad-input' });
  });
});

test('every reply forbids other sources, frames and guesses of its type', async () => {
  for (const path of ['/', '/view.js', '/api/rows', '/api/images/0', '/nothing']) {
    const { headers } = await ask(path);
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toContain('unsafe');
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'x-frame-options': 'DENY',
    });
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  }
});

test('a shard folder: its list grows to all samples with regions, each with its own record and image', async () => {
  const out = join(folder, 'shards');
  const [first, ...rest] = samples;
  if (!first) throw new Error('no scenes');
  const told = rest.map((sample, index): RegionSample => {
    const [subject, object] = sample.regions.map(({ id }) => id);
    if (index > 0 || subject === undefined || object === undefined) return sample;
    return {
      ...sample,
      caption: 'Two things on a TABLE .',
      relations: [{ subject, relation: 'left-of', object }],
      annotatedRelations: [{ subject: object, predicate: 'leaning on', object: subject }],
    };
  });
  await buildShards({ samples: [{ ...first, regions: [], relations: [] }, ...told], out, imagesPerShard: 2 });
  const source = await shardsSource(out);
  await expect.poll(() => source.state().done).toBe(true);
  expect(source.state()).toEqual({ done: true, expected: samples.length });
  expect(source.rows.map(({ title }) => title).sort()).toEqual(rest.map(({ id }) => id).sort());
  for (const [index, { title, text: words }] of source.rows.entries()) {
    const { sample } = await source.detail(index);
    expect(sample?.id).toBe(title);
    for (const { description } of sample?.regions ?? []) expect(words).toContain(description);
    expect((await source.image(index))?.byteLength).toBeGreaterThan(60);
  }
  const find = (search: string, ...filters: [string, string][]) =>
    findRows(source.rows, { search, filters: new Map(filters) }).map((row) => source.rows[row]?.title);
  expect(find('table')).toEqual([told[0]?.id]);
  expect(find('leaning')).toEqual([told[0]?.id]);
  expect(find('', ['relation', 'leaning on'])).toEqual([told[0]?.id]);
  expect(find('left-of things')).toEqual([told[0]?.id]);
  await rm(join(out, 'index.parquet'));
  const broken = await shardsSource(out);
  await expect.poll(() => broken.state().done).toBe(true);
  expect(broken.state().fault).toContain('index.parquet');
});
