import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Benchmark } from '../../../tools/bench-packages/create-benchmark.js';
import { streamCoco } from '../src/index.js';

const INSTANCES = 43_000;

/** Times `streamCoco` on a file of a twentieth of COCO, every sample made. `tools/bench-coco.mjs` has all. */
export async function benchCoco(benchmark: Benchmark): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'fgam-bench-'));
  try {
    const instances = join(folder, 'instances.json');
    const tool = fileURLToPath(new URL('../../../tools/make-coco-instances.mjs', import.meta.url));
    execFileSync(process.execPath, [tool, instances, '--images', '5914', '--instances', String(INSTANCES)]);
    const { size } = await stat(instances);
    const name = `streamCoco, a file of ${(size / 1e6).toFixed(1)} MB`;
    const read = async (): Promise<void> => {
      const { samples } = await streamCoco({ instances, images: folder, check: 'none' });
      let regions = 0;
      for (const sample of samples) regions += sample.regions.length;
      if (regions !== INSTANCES) throw new Error(`benchCoco: expected ${INSTANCES} regions, got ${regions}`);
    };
    await benchmark.time(name, read, { items: INSTANCES, per: 'instance' });
  } finally {
    await rm(folder, { recursive: true });
  }
}
