import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { median } from 'simple-statistics';
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
import type { SceneFigure } from './scenes.js';

const SCENES = 1000;
const BATCH = 32;

/** Times what stands between files and a training step, on scenes of 64 x 64: medians. */
export async function benchPipeline(): Promise<SceneFigure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'fgam-bench-'));
  try {
    const out = join(folder, 'scenes');
    await writeScenes({ out, count: SCENES, seed: 1, split: 'train' });
    const reading = await medianTime(3, () => readScenes(out));
    const { samples } = await readScenes(out);
    const images = samples.map(({ image }) => image);
    const decoding = await medianTime(3, () => new PixelCache({ size: 64 }).loadAll(images));

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
    const regions = await medianTime(100, () =>
      collateRegions({ samples: batch, pixels, tokenize, grid: 8, maxRegions: 6 }),
    );
    const conversations = await medianTime(100, () => collateConversations({ rows, tokenize, eosId: 1 }));
    const texts = samples.flatMap((sample) => sample.regions.map(({ description }) => description));
    const negatives = await medianTime(3, () => texts.map((text) => hardNegatives(text)));

    let run = 0;
    const shards = () => buildShards({ samples, out: join(folder, `shards-${++run}`), imagesPerShard: 500 });
    const building = await medianTime(3, shards);
    const streaming = await medianTime(3, async () => {
      for await (const { image } of readShards(join(folder, 'shards-1')))
        if (image.length === 0) throw new Error('empty');
    });
    return [
      { name: 'readScenes', value: reading / SCENES, unit: 'ms a scene' },
      { name: 'PixelCache, first time', value: decoding / SCENES, unit: 'ms an image' },
      { name: `collateRegions, ${BATCH} x 6, with pixels`, value: regions, unit: 'ms a batch' },
      { name: `collateConversations, ${BATCH} rows, with pixels`, value: conversations, unit: 'ms a batch' },
      { name: 'hardNegatives, 4', value: (negatives / texts.length) * 1000, unit: 'µs a text' },
      { name: 'buildShards', value: building / SCENES, unit: 'ms a sample' },
      { name: 'readShards, verified', value: streaming / SCENES, unit: 'ms a sample' },
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function medianTime(runs: number, work: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return median(times);
}
