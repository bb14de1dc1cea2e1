import { benchError } from '../error.js';
import type { BenchmarkTask } from './benchmark-task.js';
import { mmeTask } from './mme/mme-task.js';
import { cocoBoxesTask, cocoMasksTask } from './coco/coco-task.js';
import { mmbenchTask } from './mmbench/mmbench-task.js';
import { mmVetTask } from './mm-vet/mm-vet-task.js';
import { mmhalTask } from './mmhal-bench/mmhal-task.js';
import { refcocoTask } from './refcoco/refcoco-task.js';
import { sugarcrepeTask } from './sugarcrepe/sugarcrepe-task.js';
import { winogroundTask } from './winoground/winoground-task.js';
import { amberTask } from './amber/amber-task.js';
import { chairTask } from './chair/chair-task.js';
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
export const BENCHMARKS: readonly BenchmarkTask[] = [
  gvqaTask,
  fvqaTask,
  aokvqaTask,
  spatialSenseTask,
  mmhalTask,
  popeTask,
  mmeTask,
  mmbenchTask,
  mmVetTask,
  seedTask,
  vqav2Task,
  gqaTask,
  vizWizTask,
  textVqaTask,
  scienceQaTask,
  vsrTask,
  cocoBoxesTask,
  cocoMasksTask,
  refcocoTask,
  winogroundTask,
  sugarcrepeTask,
  chairTask,
  amberTask,
];

/**
 * A benchmark by its name on the command line; case and marks do not count, so that `MM-Vet` and `mmvet` are
 * found too.
 *
 * @throws FgamError `bench/unknown-task` that names those there are
 * @example
 * ```ts
 * import { findBenchmark } from '@fgam/bench';
 *
 * const { name, title, dialects, units } = findBenchmark('POPE');
 * if (name !== 'pope' || title !== 'POPE' || dialects[0] !== 'official') throw new Error(name);
 * if (units['f1'] !== '0..1') throw new Error(units['f1']);
 * // By another name.
 * if (findBenchmark('mmhal').name !== 'mmhal-bench') throw new Error('not found');
 * ```
 */
export function findBenchmark(name: string): BenchmarkTask {
  const found = BENCHMARKS.find((task) =>
    [task.name, ...(task.aliases ?? [])].some((each) => plainName(each) === plainName(name)),
  );
  if (found === undefined)
    throw benchError(
      'bench/unknown-task',
      `findBenchmark: expected a benchmark of ${BENCHMARKS.map((task) => task.name).join(', ')}, got ${name}; choose one of them`,
    );
  return found;
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}
