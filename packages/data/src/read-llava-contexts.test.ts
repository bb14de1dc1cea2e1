import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import { readLlavaContexts, type ReadLlavaContextsOptions } from './read-llava-contexts.js';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);

const apple = { category: 'apple', bbox: [0.1, 0.2, 0.3, 0.4] };
const context = (changes: object = {}) => ({
  id: '7',
  image: 'a.png',
  captions: ['An apple.\n'],
  instances: [apple],
  ...changes,
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-contexts-'));
  await sharp({ create: { width: 40, height: 20, channels: 3, background: '#080' } })
    .png()
    .toFile(at('a.png'));
});

async function read(lines: readonly unknown[], options: Partial<ReadLlavaContextsOptions> = {}) {
  await writeFile(at('file.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return readLlavaContexts({ file: at('file.jsonl'), images: folder, ...options });
}

describe('readLlavaContexts', () => {
  it('reads captions and boxes', async () => {
    const { contexts, skipped } = await read([context()]);
    expect(skipped).toEqual([]);
    const region = {
      id: '7-1',
      box: { x0: 0.1, y0: 0.2, x1: 0.3, y1: 0.4 },
      label: 'apple',
      description: 'an apple',
      source: 'llava-context',
    };
    expect(contexts).toEqual([{ id: '7', image: at('a.png'), captions: ['An apple.'], regions: [region] }]);
  });

  it('clips what rounding has put over the edge', async () => {
    const { contexts } = await read([
      context({ instances: [{ category: 'apple', bbox: [-0.001, 0, 1.001, 1] }] }),
    ]);
    expect(contexts[0]?.regions[0]?.box).toEqual({ x0: 0, y0: 0, x1: 1, y1: 1 });
  });

  it.each([
    ['a box outside', { ...apple, bbox: [0.5, 0.2, 1.3, 0.4] }, 'bad-box'],
    ['a box in pixels', { ...apple, bbox: [10, 20, 30, 40] }, 'bad-box'],
    ['a box of no width', { ...apple, bbox: [0.3, 0.2, 0.3, 0.4] }, 'bad-box'],
    ['corners the wrong way round', { ...apple, bbox: [0.3, 0.4, 0.1, 0.2] }, 'bad-box'],
    ['NaN', { ...apple, bbox: [Number.NaN, 0.2, 0.3, 0.4] }, 'bad-record'],
    ['three numbers', { ...apple, bbox: [0.1, 0.2, 0.3] }, 'bad-record'],
    ['no category', { bbox: apple.bbox }, 'bad-record'],
    ['an empty category', { ...apple, category: '' }, 'no-text'],
  ])('skips and lists an instance with %s', async (_, bad, reason) => {
    const { contexts, skipped } = await read([context({ instances: [apple, bad] })]);
    expect(contexts[0]?.regions).toHaveLength(1);
    expect(skipped).toMatchObject([{ id: '7-2', reason }]);
  });

  it('skips and lists captions and records', async () => {
    const { contexts, skipped } = await read([
      context({ captions: ['', 'An apple.', '\ufffd'] }),
      context(),
      context({ id: '8', image: 'none.png' }),
      { id: '9' },
    ]);
    expect(contexts).toHaveLength(1);
    expect(contexts[0]?.captions).toEqual(['An apple.']);
    expect(skipped.map(({ id, reason }) => [id, reason])).toEqual([
      ['7', 'duplicate-id'],
      ['9', 'bad-record'],
      ['7 caption 1', 'no-text'],
      ['7 caption 3', 'bad-text'],
      ['8', 'missing-image'],
    ]);
    await expect(read([context(), context()], { maxSkips: 0 })).rejects.toMatchObject({
      code: 'data/too-many-skips',
    });
  });

  it('refuses broken lines, empty files and names that lead out', async () => {
    await writeFile(at('broken.jsonl'), '{"id": 7');
    await expect(read([], { file: at('broken.jsonl') })).rejects.toMatchObject({ code: 'data/bad-json' });
    await expect(read([])).rejects.toMatchObject({ code: 'data/empty' });
    for (const image of ['../a.png', '/etc/passwd'])
      await expect(read([context({ image })], { check: 'none' })).rejects.toMatchObject({
        code: 'data/path-escape',
      });
    await expect(read([context()], { signal: AbortSignal.abort() })).rejects.toThrow();
  });
});
