import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { buildShards } from './build-shards.js';
import { collateRegions } from './collate-regions.js';
import { decodeImage } from './decode-image.js';
import { PixelCache } from './pixel-cache.js';
import { readCoco } from './read-coco.js';
import { readShards } from './read-shards.js';
import { readVisualGenome } from './read-visual-genome.js';
import { COCO_CROWD } from './select-regions.js';

const shared = process.env['FGAM_SHARED'] ?? fileURLToPath(new URL('../../../../shared', import.meta.url));
const coco = join(shared, 'data', 'coco-mini');
const genome = join(shared, 'data', 'visual-genome');

/** Missing data is a named skip; a failure where everything is required. */
const absent = (folder: string) => !existsSync(folder) && process.env['FGAM_REQUIRE_ALL'] !== '1';

const read = () =>
  readCoco({
    instances: join(coco, 'annotations', 'instances_train2017.json'),
    captions: join(coco, 'annotations', 'captions_train2017.json'),
    images: join(coco, 'train2017'),
  });

describe.skipIf(absent(coco))('COCO 2017, 80 photos (needs the shared data)', () => {
  it('reads every instance, caption and crowd', async () => {
    const { samples, skipped, captions } = await read();
    expect(skipped).toEqual([]);
    expect(samples).toHaveLength(80);
    const regions = samples.flatMap((sample) => sample.regions);
    expect(regions).toHaveLength(739);
    expect(regions.filter(({ source }) => source === COCO_CROWD)).toHaveLength(8);
    expect(regions.filter(({ mask }) => mask?.kind === 'rle')).toHaveLength(8);
    expect([...captions.values()].flat()).toHaveLength(400);
    expect(samples.every(({ caption }) => caption)).toBe(true);
  });

  it('goes through shards into a batch', async () => {
    const { samples, skipped } = await read();
    const out = join(await mkdtemp(join(tmpdir(), 'fgam-coco-shards-')), 'shards');
    const manifest = await buildShards({ samples, skipped, out, imagesPerShard: 30, imageSize: 64 });
    expect(manifest).toMatchObject({ samples: 80, regions: 731, skipped: 0 });
    const shard = [];
    for await (const sample of readShards(out, { split: 'validation' })) shard.push(sample);
    expect(shard.length).toBeGreaterThan(0);
    const pixels = await new PixelCache({ size: 64 }).loadAll(shard.map(({ image }) => image));
    const { inputs } = collateRegions({
      samples: shard.map(({ sample }) => sample),
      pixels,
      grid: 4,
      maxRegions: 8,
      tokenize: (text) => text.split(' ').map((word) => word.length),
    });
    for (const { data } of Object.values(inputs)) expect(data.every(Number.isFinite)).toBe(true);
  });

  it("leaves pixels alone whose profile is sRGB's own", async () => {
    // A photo of which a conversion from sRGB to sRGB changes one value by 1.
    const photo = join(coco, 'train2017', '000000252639.jpg');
    const [stored, converted] = await Promise.all(
      [true, false].map((ignoreIcc) => sharp(photo, { ignoreIcc }).raw().toBuffer()),
    );
    const { data } = await decodeImage(photo);
    expect(stored?.equals(data)).toBe(true);
    expect(converted?.equals(data)).toBe(false);
  });
});

describe.skipIf(absent(genome))('Visual Genome, 100 images (needs the shared data)', () => {
  it('reads every object and region description', async () => {
    const { samples, skipped } = await readVisualGenome({
      imageData: join(genome, 'image_data.json'),
      objects: join(genome, 'objects.json'),
      regionDescriptions: join(genome, 'region_descriptions.json'),
      images: genome,
      check: 'none',
    });
    expect(skipped).toEqual([]);
    expect(samples).toHaveLength(100);
    const regions = samples.flatMap((sample) => sample.regions);
    expect(regions.filter(({ id }) => id.startsWith('object-'))).toHaveLength(3395);
    expect(regions.filter(({ id }) => id.startsWith('region-'))).toHaveLength(5089);
  });

  it('reads a whole scene graph with attributes and relationships', async () => {
    const folder = join(genome, 'scene-graph-image3');
    const { samples, otherPredicates } = await readVisualGenome({
      imageData: join(folder, 'image_data.json'),
      objects: join(folder, 'objects.json'),
      attributes: join(folder, 'attributes.json'),
      relationships: join(folder, 'relationships.json'),
      images: folder,
      check: 'none',
    });
    expect(samples[0]?.regions).toHaveLength(52);
    expect(samples[0]?.regions.map(({ description }) => description)).toContain('a white keyboard');
    expect([...otherPredicates.values()].reduce((a, b) => a + b, 0)).toBe(50);
  });
});
