import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildShards, type RegionSample } from '@fgam/data';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { fgam, killWhen, temporary } from './command.test-support.js';

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../label/test-fixtures/${name}`, import.meta.url));

const IMAGES = 40;

/** Shards of 4 images, each with a square at a place of its own, in a box: no two are equal. */
async function writeSource(folder: string): Promise<string> {
  const images = join(folder, 'images');
  await mkdir(images, { recursive: true });
  const samples: RegionSample[] = [];
  for (let i = 0; i < IMAGES; i += 1) {
    const image = join(images, `${i}.png`);
    const [x, y] = [i % 54, Math.floor(i / 54)];
    const square = { create: { width: 10, height: 10, channels: 3 as const, background: '#f00' } };
    await sharp({ create: { width: 64, height: 32, channels: 3, background: '#777' } })
      .composite([{ input: square, left: x, top: y }])
      .png()
      .toFile(image);
    const box = { x0: x / 64, y0: y / 32, x1: (x + 10) / 64, y1: (y + 10) / 32 };
    const region = { id: 'a', box, label: 'thing', description: 'thing', source: 'hand' };
    samples.push({ id: String(i), image, width: 64, height: 32, regions: [region] });
  }
  const out = join(folder, 'source');
  await buildShards({ samples, out, imagesPerShard: 4, validation: 0.2 });
  return out;
}

/** Digests of all files below a folder by their names, but for those of the cache. */
async function contents(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes('.cache'));
  return Object.fromEntries(
    await Promise.all(
      files.map(async (path) => {
        const digest = createHash('sha256')
          .update(await readFile(path))
          .digest('hex');
        return [path, digest] as const;
      }),
    ),
  );
}

const filesBelow = async (folder: string): Promise<string[]> => {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch {
    // Not there yet.
    return [];
  }
};

test.each([
  {
    command: 'label',
    options: ['--model', fixture('tiny-grounding-dino'), '--phrases', 'a red square'],
  },
  { command: 'describe', options: ['--captioner', fixture('tiny-florence-2')] },
])(
  'data $command, killed again and again, goes on, and ends in the bytes of a run that was never stopped',
  async ({ command, options }) => {
    const folder = await temporary('killed');
    const source = await writeSource(folder);
    const out = join(folder, 'out');
    const args = ['data', command, source, ...options, '--out', out];
    expect(await fgam(...args)).toMatchObject({ code: 0 });
    const straight = await contents(out);
    expect(Object.keys(straight).filter((path) => path.endsWith('.tar')).length).toBeGreaterThan(5);
    await rm(out, { recursive: true });

    const index = join(out, '.cache', 'index-v5');
    let seen = 0;
    const known = async () => (await filesBelow(index)).length;
    // While the first shard is being made; between shards; late.
    for (const target of [3, 14, 30]) {
      await killWhen(args, async () => {
        seen = Math.max(seen, (await filesBelow(join(out, '.images'))).length);
        return (await known()) >= target;
      });
      expect(await filesBelow(out)).not.toContain(join(out, 'manifest.json'));
    }
    expect(await known()).toBeLessThan(IMAGES);
    // A kill may come while a tar is being written; this one surely did.
    await writeFile(join(out, 'train-00000.tar.0.partial'), 'half of a tar');
    expect(await fgam(...args)).toMatchObject({ code: 0 });
    expect(await contents(out)).toEqual(straight);

    // What was in work when the process was killed may have been asked for twice; nothing that was answered was.
    const lines = (await Promise.all((await filesBelow(index)).map((path) => readFile(path, 'utf8'))))
      .flatMap((text) => text.split('\n'))
      .filter((line) => line !== '').length;
    expect(lines).toBeLessThanOrEqual(IMAGES + 3 * 4);
    // How many at a time is for `shard-samples.test.ts`: here it hangs on how fast shards are written.
    expect(seen).toBeGreaterThan(0);
    expect(await filesBelow(join(out, '.images'))).toEqual([]);
  },
);
