import { createBenchmark } from '../../../tools/bench-packages/create-benchmark.js';
import { benchCoco } from './coco.js';
import { benchImages } from './images.js';
import { benchPipeline } from './pipeline.js';
import { benchScenes } from './scenes.js';

const benchmark = createBenchmark();
await benchScenes(benchmark);
await benchPipeline(benchmark);
await benchCoco(benchmark);
await benchImages(benchmark);
await benchmark.finish();
