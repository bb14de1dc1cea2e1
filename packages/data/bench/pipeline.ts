import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Benchmark } from '../../../tools/bench-packages/create-benchmark.js';
import {
  buildShards,
  cacheTokens,
  collateConversations,
  collateRegions,
  hardNegatives,
  PixelCache,
  readScenes,
  readShards,
  writeScenes,
} from '../src/index.js';

const SCENES = 1000;
const BATCH = 32;

/** Times what stands between files and a training step, on scenes of 64 x 64. */
export async function benchPipeline(benchmark: Benchmark): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'fgam-bench-'));
  try {
    const out = join(folder, 'scenes');
    await writeScenes({ out, count: SCENES, seed: 1, split: 'train' });
    await benchmark.time('readScenes', () => readScenes(out), { items: SCENES, per: 'scene' });
    const { samples } = await readScenes(out);
    const images = samples.map(({ image }) => image);
    await benchmark.time('PixelCache, first time', () => new PixelCache({ size: 64 }).loadAll(images), {
      ...{ items: SCENES, per: 'image' },
    });

    const cache = new PixelCache({ size: 64 });
    const batch = samples.slice(0, BATCH);
    const pixels = await cache.loadAll(batch.map(({ image }) => image));
    const ids = new Map<string, number>();
    const tokenize = cacheTokens((text) =>
      text.split(' ').map((word) => ids.get(word) ?? (ids.set(word, ids.size + 4), ids.size + 3)),
    );
    const rows = batch.map((sample, i) => ({
      pixels: pixels[i] as Uint8Array,
      segments: [
        { prompt: 'User: describe the image . Assistant:', answer: sample.caption ?? '' },
        ...sample.regions.map(({ label }) => ({
          prompt: `User: is there a ${label} ? Assistant:`,
          answer: 'yes',
        })),
      ],
    }));
    await benchmark.time(`collateRegions, ${BATCH} x 6, with pixels`, () =>
      collateRegions({ samples: batch, pixels, tokenize, grid: 8, maxRegions: 6 }),
    );
    await benchmark.time(`collateConversations, ${BATCH} rows, with pixels`, () =>
      collateConversations({ rows, tokenize, eosId: 1 }),
    );
    const texts = samples.flatMap((sample) => sample.regions.map(({ description }) => description));
    await benchmark.time('hardNegatives, 4', () => texts.map((text) => hardNegatives(text)), {
      ...{ items: texts.length, per: 'text' },
    });

    let run = 0;
    const shards = () => buildShards({ samples, out: join(folder, `shards-${++run}`), imagesPerShard: 500 });
    await benchmark.time('buildShards', shards, { items: SCENES, per: 'sample' });
    const read = async () => {
      for await (const { image } of readShards(join(folder, 'shards-1')))
        if (image.length === 0) throw new Error('empty');
    };
    await benchmark.time('readShards, verified', read, { items: SCENES, per: 'sample' });
  } finally {
    await rm(folder, { recursive: true });
  }
}
