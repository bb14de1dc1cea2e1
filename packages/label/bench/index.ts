import { createBenchmark } from '../../../tools/bench-packages/create-benchmark.js';
import { benchDescriber } from './describer.js';
import { benchDetector } from './detector.js';

const benchmark = createBenchmark({ more: ['results', 'random'] });
await benchDescriber(benchmark);
await benchDetector(benchmark);
await benchmark.finish();
