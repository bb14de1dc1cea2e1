import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Benchmark } from '../../../tools/bench-packages/create-benchmark.js';
import { createRandom, renderScene, sampleScene, sceneQuestions, writeScenes } from '../src/index.js';

const SCENES = 400;

/** Times sampling, asking, rendering and a whole folder; images of 64 and 224 pixels. */
export async function benchScenes(benchmark: Benchmark): Promise<void> {
  const scenes = Array.from({ length: SCENES }, (_, index) => sampleScene(createRandom(`bench/${index}`)));
  const large = scenes
    .slice(0, 40)
    .map((_, i) => sampleScene(createRandom(`bench/${i}`), { imageSize: 224 }));
  const folder = await mkdtemp(join(tmpdir(), 'fgam-bench-'));
  const all = { items: SCENES, per: 'scene' };
  let run = 0;
  try {
    await benchmark.time(
      'sampleScene',
      () => {
        for (let index = 0; index < SCENES; index += 1) sampleScene(createRandom(`bench/${index}`));
      },
      all,
    );
    await benchmark.time(
      'sceneQuestions (13 and a caption)',
      () => {
        for (const scene of scenes) sceneQuestions(scene, createRandom('ask'), { sample: '1' });
      },
      all,
    );
    await benchmark.time('renderScene 64 px', () => Promise.all(scenes.map(renderScene)), all);
    await benchmark.time('renderScene 224 px', () => Promise.all(large.map(renderScene)), {
      ...{ items: large.length, per: 'scene' },
    });
    await benchmark.time(
      'writeScenes, all of it',
      async () => {
        run += 1;
        await writeScenes({ out: join(folder, String(run)), count: SCENES, seed: run, split: 'train' });
      },
      all,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}
