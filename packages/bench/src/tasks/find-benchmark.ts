import { benchError } from '../error.js';
import type { BenchmarkTask } from './benchmark-task.js';
import { popeTask } from './pope/pope-task.js';
import { aokvqaTask } from './aokvqa/aokvqa-task.js';
import { fvqaTask } from './fvqa/fvqa-task.js';
import { gqaTask } from './gqa/gqa-task.js';
import { gvqaTask } from './gvqa/gvqa-task.js';
import { scienceQaTask } from './scienceqa/scienceqa-task.js';
import { seedTask } from './seed/seed-task.js';
import { spatialSenseTask } from './spatialsense/spatialsense-task.js';
import { textVqaTask } from './textvqa/textvqa-task.js';
import { vizWizTask } from './vizwiz/vizwiz-task.js';
import { vqav2Task } from './vqav2/vqav2-task.js';
import { vsrTask } from './vsr/vsr-task.js';

/** Every benchmark, by the order of the paper's list and then those beyond it. */
export const BENCHMARKS: readonly BenchmarkTask[] = [popeTask, vqav2Task];

/**
 * A benchmark by its name on the command line, or another that it goes by.
 *
 * @throws FgamError `bench/unknown-task` that names those there are
 */
export function findBenchmark(name: string): BenchmarkTask {
  const found = BENCHMARKS.find((task) => task.name === name || task.aliases?.includes(name));
  if (found === undefined)
    throw benchError(
      'bench/unknown-task',
      `findBenchmark: expected a benchmark of ${BENCHMARKS.map((task) => task.name).join(', ')}, got ${name}; choose one of them`,
    );
  return found;
}
