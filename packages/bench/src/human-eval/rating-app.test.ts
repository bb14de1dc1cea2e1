import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRatingStore, type RatingStore, type StoredCorrection } from './rating-store.js';
import { sampleStudy } from './sample-study.test-support.js';
import { type ServedStudy, serveStudy } from './serve-study.js';

let folder: string;
let image: string;
const ONE_PIXEL = 'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-rating-app-'));
  image = join(folder, 'image.png');
  // A GIF under a PNG's name: its bytes count.
  await writeFile(image, Buffer.from(ONE_PIXEL, 'base64'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A served study, and requests by a rater. */
async function serving(
  name: string,
  mode: 'rate' | 'author',
  use: (
    request: (path: string, options?: { body?: unknown; token?: string }) => Promise<Response>,
    store: RatingStore,
    served: ServedStudy,
  ) => Promise<void>,
  onCorrection?: (all: readonly StoredCorrection[]) => Promise<void>,
): Promise<void> {
  const store = createRatingStore(join(folder, `${name}.sqlite`), sampleStudy({ items: 2, mode, image }));
  const served = await serveStudy({ store, ...(onCorrection ? { onCorrection } : {}) });
  try {
    await use(
      (path, { body, token = store.tokens.get('anna') } = {}) =>
        fetch(`${served.url}${path}`, {
          headers: { Authorization: `Bearer ${token}` },
          ...(body === undefined ? {} : { method: 'PUT', body: JSON.stringify(body) }),
        }),
      store,
      served,
    );
  } finally {
    await served.close();
    store.close();
  }
}

describe("a study's server", () => {
  test('listens on this machine alone, and says when it can not', () =>
    serving('address', 'rate', async (_, store, served) => {
      const { hostname, port } = new URL(served.url);
      expect(hostname).toBe('127.0.0.1');
      await expect(serveStudy({ store, port: Number(port) })).rejects.toMatchObject({
        code: 'bench/no-port',
      });
    }));

  test('leaves the Response of the process as Node has it', () =>
    serving('globals', 'rate', async () => {
      expect(Object.getPrototypeOf(globalThis.Response)).toBe(Function.prototype);
    }));

  test('tells a study to its raters alone', () =>
    serving('tokens', 'rate', async (request, store) => {
      for (const token of ['', 'anna', 'x'.repeat(22)])
        for (const path of ['api/session', 'api/items/0', 'api/items/0/image', 'api/nothing'])
          expect((await request(path, { token })).status).toBe(401);
      expect(
        (await request('api/items/0/responses/0/overall', { token: '', body: { value: 1 } })).status,
      ).toBe(401);
      expect(store.answers()).toEqual([]);
    }));

  test('gives an image by what it is, and forbids the page all that it does not need', () =>
    serving('image', 'rate', async (request) => {
      const reply = await request('api/items/0/image');
      expect(reply.headers.get('Content-Type')).toBe('image/gif');
      expect(Buffer.from(await reply.arrayBuffer()).toString('base64')).toBe(ONE_PIXEL);
      const page = await request('', { token: '' });
      expect(page.headers.get('Content-Security-Policy')).toContain("default-src 'none'; script-src 'self'");
      expect(page.headers.get('X-Content-Type-Options')).toBe('nosniff');
    }));

  test('refuses what is no rating', () =>
    serving('refused', 'rate', async (request, store) => {
      const status = async (path: string, body: unknown) => (await request(path, { body })).status;
      for (const value of [0, 6, 2.5, '3', null])
        expect(await status('api/items/0/responses/0/overall', { value })).toBe(400);
      expect(await status('api/items/0/responses/0/factualError', { value: 2 })).toBe(400);
      for (const path of [
        '0/responses/2/overall',
        '2/responses/0/overall',
        '-1/responses/0/overall',
        '0/responses/0/beauty',
      ])
        expect(await status(`api/items/${path}`, { value: 1 })).toBe(404);
      expect(await status('api/items/0/correction', { verdict: 'accept' })).toBe(404);
      expect(await status('api/items/0/responses/0/overall', { value: 1, note: 'x'.repeat(300_000) })).toBe(
        413,
      );
      expect(store.answers()).toEqual([]);
      expect(await status('api/items/0/responses/0/factualError', { value: 0 })).toBe(200);
      expect(store.answers()).toHaveLength(1);
    }));

  test('keeps corrections that correct something, and tells of them', async () => {
    const told: number[] = [];
    await serving(
      'corrections',
      'author',
      async (request) => {
        const { responses } = (await (await request('api/items/0')).json()) as {
          responses: [{ text: string }];
        };
        const issues = [{ kind: 'object', claim: '', correction: 'a dog' }];
        const send = async (body: unknown) => (await request('api/items/0/correction', { body })).status;
        expect(await send({ verdict: 'revise', issues, corrected: responses[0].text })).toBe(400);
        expect(
          await send({ verdict: 'revise', issues: [{ kind: 'object', claim: '' }], corrected: 'x' }),
        ).toBe(400);
        expect(await send({ verdict: 'revise', issues: [], corrected: 'x' })).toBe(400);
        expect(await send({ verdict: 'revise', issues, corrected: 'x' })).toBe(200);
        expect((await request('api/items/0/responses/0/overall', { body: { value: 1 } })).status).toBe(404);
      },
      async (all) => {
        told.push(all.length);
      },
    );
    expect(told).toEqual([1]);
  });
});
