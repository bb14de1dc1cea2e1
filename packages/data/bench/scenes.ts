import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createRandom, renderScene, sampleScene, sceneQuestions, writeScenes } from '../src/index.js';

/** One measured figure. */
export interface SceneFigure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

const SCENES = 400;
const RUNS = 3;

/** Times sampling, asking, rendering and a whole folder; medians of three runs, images of 64 and 224 pixels. */
export async function benchScenes(): Promise<SceneFigure[]> {
  const scenes = Array.from({ length: SCENES }, (_, index) => sampleScene(createRandom(`bench/${index}`)));
  const large = scenes
    .slice(0, 40)
    .map((_, i) => sampleScene(createRandom(`bench/${i}`), { imageSize: 224 }));
  const folder = await mkdtemp(join(tmpdir(), 'fgam-bench-'));
  let run = 0;
  const write = async () => {
    run += 1;
    await writeScenes({ out: join(folder, String(run)), count: SCENES, seed: run, split: 'train' });
  };
  try {
    return [
      await perItem('sampleScene', SCENES, () => {
        for (let index = 0; index < SCENES; index += 1) sampleScene(createRandom(`bench/${index}`));
      }),
      await perItem('sceneQuestions (13 and a caption)', SCENES, () => {
        for (const scene of scenes) sceneQuestions(scene, createRandom('ask'), { sample: '1' });
      }),
      await perItem('renderScene 64 px', SCENES, async () => {
        await Promise.all(scenes.map(renderScene));
      }),
      await perItem('renderScene 224 px', large.length, async () => {
        await Promise.all(large.map(renderScene));
      }),
      await perItem('writeScenes, all of it', SCENES, write),
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function perItem(name: string, items: number, work: () => void | Promise<void>): Promise<SceneFigure> {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const start = performance.now();
    await work();
    times.push((performance.now() - start) / items);
  }
  times.sort((a, b) => a - b);
  return { name, value: times[Math.floor(RUNS / 2)] ?? Number.NaN, unit: 'ms a scene' };
}
