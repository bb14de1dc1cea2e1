import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { streamCoco } from '../src/index.js';
import type { SceneFigure } from './scenes.js';

const INSTANCES = 43_000;
const RUNS = 5;

/** Times `streamCoco` on a file of a twentieth of COCO, every sample made; median of five. `tools/bench-coco.mjs` has all. */
export async function benchCoco(): Promise<SceneFigure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'fgam-bench-'));
  try {
    const instances = join(folder, 'instances.json');
    const tool = fileURLToPath(new URL('../../../tools/make-coco-instances.mjs', import.meta.url));
    execFileSync(process.execPath, [tool, instances, '--images', '5914', '--instances', String(INSTANCES)]);
    const { size } = await stat(instances);
    const times: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const start = performance.now();
      const { samples } = await streamCoco({ instances, images: folder, check: 'none' });
      let regions = 0;
      for (const sample of samples) regions += sample.regions.length;
      if (regions !== INSTANCES) throw new Error(`benchCoco: expected ${INSTANCES} regions, got ${regions}`);
      times.push(performance.now() - start);
    }
    times.sort((a, b) => a - b);
    const time = times[Math.floor(RUNS / 2)] ?? Number.NaN;
    return [
      { name: 'streamCoco', value: (time / INSTANCES) * 1000, unit: 'µs an instance' },
      { name: 'streamCoco, file', value: size / 1000 / time, unit: 'MB a second' },
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}
