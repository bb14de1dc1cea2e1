import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createBenchmark } from '../../../tools/bench-packages/create-benchmark.js';
import { BASE_MODEL_FOLDER } from '../src/index.js';

const benchmark = createBenchmark();
/** A checkpoint has no speed; its size is what there is to measure. */
const { size } = await stat(join(BASE_MODEL_FOLDER, 'model.safetensors'));
benchmark.add('model.safetensors', [size], { unit: 'bytes', better: 'lower' });
await benchmark.finish();
