import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildShards, type BuildShardsOptions } from './build-shards.js';
import { findDuplicates } from './find-duplicates.js';
import { readShards } from './read-shards.js';
import type { RegionSample } from './records.js';
import { createRandom } from './scenes/random.js';
import { renderScene } from './scenes/render-scene.js';
import { sampleScene } from './scenes/sample-scene.js';

let folder: string;
let scenes: Buffer[];
const path = (name: string) => join(folder, name);

beforeAll(async () => {
  scenes = await Promise.all(
    Array.from({ length: 6 }, async (_, i) => {
      const scene = await renderScene(sampleScene(createRandom(`duplicates ${i}`)));
      return sharp(scene).resize(200, 160, { fit: 'fill' }).png().toBuffer();
    }),
  );
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-duplicates-'));
});

const sample = (name: string): RegionSample => ({
  id: name,
  image: path(name),
  width: 200,
  height: 160,
  regions: [{ id: '1', box: { x0: 0, y0: 0, x1: 1, y1: 1 }, label: 'a', description: 'a', source: 's' }],
});

/** Six scenes; the first as the same file, the same pixels, and twice alike. */
async function family(): Promise<RegionSample[]> {
  await Promise.all(scenes.map((scene, i) => writeFile(path(`${i}.png`), scene)));
  await copyFile(path('0.png'), path('copy.png'));
  await sharp(scenes[0]).png({ compressionLevel: 0 }).toFile(path('packed.png'));
  await sharp(scenes[0]).jpeg({ quality: 70 }).toFile(path('again.jpg'));
  await sharp(scenes[0]).resize(320, 256, { fit: 'fill' }).webp().toFile(path('larger.webp'));
  return [
    '0.png',
    '1.png',
    'copy.png',
    '2.png',
    'packed.png',
    '3.png',
    'again.jpg',
    '4.png',
    'larger.webp',
    '5.png',
  ].map(sample);
}

describe('findDuplicates', () => {
  it('groups the same file, the same pixels and what looks alike, with evidence', async () => {
    const { groups, skipped } = await findDuplicates(await family());
    expect(skipped).toEqual([]);
    expect(groups).toHaveLength(1);
    expect(groups[0]?.ids).toEqual(['0.png', 'copy.png', 'packed.png', 'again.jpg', 'larger.webp']);
    const pairs = groups[0]?.pairs ?? [];
    expect(pairs).toContainEqual({ samples: ['0.png', 'copy.png'], evidence: 'file', distance: 0 });
    expect(pairs).toContainEqual({ samples: ['0.png', 'packed.png'], evidence: 'pixels', distance: 0 });
    expect(pairs.filter(({ evidence }) => evidence === 'similar').map(({ samples }) => samples[0])).toContain(
      '0.png',
    );
    expect(pairs.every(({ distance }) => distance <= 4)).toBe(true);
  });

  it('finds exact ones alone where it is told to', async () => {
    const { groups } = await findDuplicates(await family(), { maxDistance: null });
    expect(groups.map(({ ids }) => ids)).toEqual([['0.png', 'copy.png', 'packed.png']]);
  });

  it('does not take plain fields for each other', async () => {
    const plain = (name: string, background: string) =>
      sharp({ create: { width: 30, height: 20, channels: 3, background } })
        .png()
        .toFile(path(name));
    await plain('red.png', '#f00');
    await plain('blue.png', '#00f');
    await plain('blue again.png', '#00f');
    const { groups } = await findDuplicates(['red.png', 'blue.png', 'blue again.png'].map(sample));
    expect(groups.map(({ ids }) => ids)).toEqual([['blue.png', 'blue again.png']]);
  });

  it('lists what it can’t compare, and refuses a limit that is none', async () => {
    const samples = await family();
    await writeFile(path('1.png'), 'no image');
    await rm(path('2.png'));
    const { skipped } = await findDuplicates([...samples, sample('0.png')]);
    expect(skipped.map(({ id, reason }) => [id, reason])).toEqual([
      ['1.png', 'bad-image'],
      ['2.png', 'missing-image'],
    ]);
    for (const maxDistance of [-1, 16, 0.5])
      await expect(findDuplicates([], { maxDistance })).rejects.toMatchObject({ code: 'data/bad-config' });
    await expect(findDuplicates(samples, { signal: AbortSignal.abort() })).rejects.toThrow();
  });
});

describe('buildShards with duplicates', () => {
  const build = async (options: Partial<BuildShardsOptions>) => {
    const samples = await family();
    const { groups } = await findDuplicates(samples);
    const out = path('shards');
    const found = async () => {
      const splits: Record<string, string> = {};
      for await (const { sample, split } of readShards(out)) splits[sample.id] = split;
      return splits;
    };
    return {
      samples,
      groups,
      found,
      manifest: (mode: 'drop' | 'one-split') =>
        buildShards({ samples, out, validation: 0.5, duplicates: { groups, mode }, ...options }),
    };
  };

  it('drops all but the first of a photo, counted', async () => {
    const { manifest, found } = await build({});
    expect(await manifest('drop')).toMatchObject({ samples: 6, skipped: 4, options: { dropDuplicates: 1 } });
    expect(Object.keys(await found()).sort()).toEqual([0, 1, 2, 3, 4, 5].map((i) => `${i}.png`));
    await expect(manifest('one-split')).rejects.toMatchObject({ code: 'data/bad-config' });
  });

  it('keeps the first that is there, even if the group’s first id is not', async () => {
    const { manifest, found, samples } = await build({});
    samples.shift();
    expect(await manifest('drop')).toMatchObject({ samples: 6 });
    expect(await found()).toHaveProperty('copy.png');
  });

  it.each([1, 2, 3, 4])('keeps all of a photo in one split (seed %i)', async (seed) => {
    const { manifest, found, groups } = await build({ seed });
    expect(await manifest('one-split')).toMatchObject({ samples: 10, skipped: 0 });
    const splits = await found();
    expect(new Set(groups[0]?.ids.map((id) => splits[id])).size).toBe(1);
  });
});
