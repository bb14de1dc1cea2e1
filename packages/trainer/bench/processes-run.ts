import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createModelStep, launchedBy, openMpi, train } from '../src/index.js';
import { benchScenes } from './bench-scenes.js';

/** Images of an update, and its share for every process. */
const IMAGES = 32;
/** Updates before the clock starts: graphs are captured in the first. */
const WARM_UP = 3;

const [, , updates = '20', out = ''] = process.argv;
const communicator = launchedBy(process.env).size > 1 ? openMpi() : undefined;

// The same in every process: scenes are drawn by a seed.
const folder = await mkdtemp(join(tmpdir(), 'fgam-bench-'));
const { model, examples } = await benchScenes(folder, IMAGES);
const step = createModelStep({
  name: 'processes',
  model,
  sources: [{ name: 'questions', examples, length: 96, blockLength: 32 }],
  weights: { tokens: 1, global: 0, regionText: 0, spatial: 0 },
  batchSize: IMAGES,
  seed: 1,
});
const times: number[] = [];
await train({
  step,
  out,
  steps: WARM_UP + Number(updates),
  schedule: { learningRate: 1e-4 },
  logEvery: 1,
  onProgress: () => void times.push(performance.now()),
  ...(communicator === undefined ? {} : { communicator }),
});
communicator?.close();
await rm(folder, { recursive: true });
if (times.length > 0) {
  const seconds = ((times.at(-1) ?? 0) - (times[WARM_UP - 1] ?? 0)) / 1000 / Number(updates);
  console.log(JSON.stringify({ seconds }));
}
