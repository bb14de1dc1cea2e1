import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  buildShards,
  countSkips,
  limitImagePixels,
  readShards,
  readSkips,
  type RegionSample,
} from '@fgam/data';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { fgam, fgamJson, temporary } from './command.test-support.js';
import { openShardSource } from './shard-samples.js';

const COUNT = 240;

let folder: string;
let shards: string;

beforeAll(async () => {
  folder = await temporary('shard-samples');
  const photos = join(folder, 'photos');
  await mkdir(photos);
  const samples: RegionSample[] = [];
  for (let i = 0; i < COUNT; i += 1) {
    const image = join(photos, `${i}.jpg`);
    const background = { r: i, g: 255 - i, b: 128 };
    await sharp({ create: { width: 64, height: 48, channels: 3, background } })
      .jpeg()
      .toFile(image);
    samples.push({ id: `s${i}`, image, width: 64, height: 48, caption: `photo ${i}`, regions: [] });
  }
  shards = join(folder, 'shards');
  await buildShards({ samples, out: shards, imagesPerShard: 40, validation: 0.2 });
});

async function idsOf(place: string): Promise<string[]> {
  const ids = [];
  for await (const { sample } of readShards(place)) ids.push(sample.id);
  return ids.sort();
}

test('lets no image go that a shard under way still needs', async () => {
  const out = join(folder, 'filtered');
  const result = await fgamJson('data', 'filter', shards, '--min-width', '10', '--out', out);
  expect(result).toMatchObject({ samples: COUNT, skipped: 0 });
  expect(await idsOf(out)).toEqual(await idsOf(shards));
  expect((await readdir(out)).filter((name) => /^train-.*\.tar$/.test(name)).length).toBeGreaterThanOrEqual(
    4,
  );
});

test('lets go of every image once its shard is there, of second samples of an id too', async () => {
  const [out, images] = [join(folder, 'again'), join(folder, 'images')];
  const source = await openShardSource(shards, images);
  async function* renamed(): AsyncGenerator<RegionSample> {
    let place = 0;
    let first = '';
    for await (const sample of source.samples) {
      first ||= sample.id;
      // One whose first is in the shard that is being filled, one whose first was built long ago.
      yield [5, COUNT - 1].includes(place++) ? { ...sample, id: first } : sample;
    }
  }
  const manifest = await buildShards({ out, ...source.into(renamed()) });
  expect(manifest.samples).toBe(COUNT - 2);
  expect(countSkips(await readSkips(join(out, 'skipped.jsonl')))).toEqual({ 'duplicate-id': 2 });
  expect(await readdir(images)).toEqual([]);
  await source.close();
});

test('filter, label and describe tell of images that the builder leaves out, and end beyond --max-skips', async () => {
  const large = join(folder, 'large.png');
  await sharp({ create: { width: 90, height: 90, channels: 3, background: '#0000ff' } })
    .png()
    .toFile(large);
  const small = join(folder, 'photos', '0.jpg');
  const region = {
    ...{ id: '1', box: { x0: 0, y0: 0, x1: 1, y1: 1 }, source: 'hand' },
    ...{ label: 'square', description: 'a blue square' },
  };
  const source = join(folder, 'two');
  await buildShards({
    samples: [
      { id: 'large', image: large, width: 90, height: 90, caption: 'a large photo', regions: [region] },
      { id: 'small', image: small, width: 64, height: 48, caption: 'a small photo', regions: [] },
    ],
    ...{ out: source, validation: 0 },
  });
  const fixtures = fileURLToPath(new URL('../../../label/test-fixtures', import.meta.url));
  const commands = {
    filter: ['--min-width', '10'],
    label: ['--model', join(fixtures, 'tiny-grounding-dino'), '--phrases', 'red'],
    describe: ['--captioner', join(fixtures, 'tiny-florence-2')],
  };
  limitImagePixels(8000);
  try {
    for (const [name, options] of Object.entries(commands)) {
      const args = ['data', name, source, ...options, '--out', join(folder, `two-${name}`)];
      const limited = await fgam(...args, '--max-skips', '0');
      expect(limited).toMatchObject({ code: 1, err: expect.stringContaining('at most 0 bad') as string });
      const { code, out } = await fgam(...args, '--max-skips', '1');
      expect({ name, code, out }).toMatchObject({
        ...{ name, code: 0 },
        out: expect.stringContaining('; skipped: bad-image 1 (skipped.jsonl)') as string,
      });
      const result = await fgamJson(...args);
      expect(result).toMatchObject({ samples: 1, skipped: 1, skips: { 'bad-image': 1 } });
      if (name === 'describe') expect(result).toMatchObject({ described: 0, undescribed: [] });
    }
  } finally {
    limitImagePixels();
  }
});
