import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isFgamError } from '@fgam/data';
import { fileSha256 } from './checkpoint.js';
import { openMpi } from './mpi.js';
import type { Step } from './step.js';
import { createTinyRun, tinyStep, type TinyRun } from './tiny-run.test-support.js';
import { train, type TrainOptions } from './train.js';

/** Updates of each run; half of them are done where one is stopped. */
export const MPI_STEPS = 8;

/** What a run came to in one process. */
export interface MpiOutcome {
  readonly step?: number;
  readonly aborted?: boolean;
  /** Of the last checkpoint's weights. */
  readonly sha256?: string;
  /** Of the weights that are handed back. */
  readonly sum?: number;
  readonly error?: string;
  /** How often the run called back. */
  readonly calls?: number;
}

/** Two rows for each process. */
export function mpiStep(tiny: TinyRun, more: Parameters<typeof tinyStep>[1] = {}): Step {
  return tinyStep(tiny, { batchSize: 4, ...more });
}

/** Options of every run. */
export const MPI_RUN = { steps: MPI_STEPS, schedule: { learningRate: 0.006, warmup: 2 }, logEvery: 2 };

/** The runs, in every process of `mpirun`; each writes what came of them into `folder/rank-N.json`. */
async function runAll(folder: string): Promise<void> {
  const communicator = openMpi();
  const { rank } = communicator;
  const tiny = await createTinyRun();
  const outcomes: Record<string, MpiOutcome> = {};
  const run = async (
    name: string,
    step: Step,
    { where = name, ...more }: Partial<TrainOptions> & { readonly where?: string } = {},
  ): Promise<void> => {
    let calls = 0;
    const count = (): void => void (calls += 1);
    const watched = { onStart: count, onProgress: count };
    const options = { ...MPI_RUN, ...watched, ...more, communicator, step, out: join(folder, where) };
    try {
      const { checkpoint, weights, ...rest } = await train(options);
      const sum = Object.values(weights)
        .flatMap(({ data }) => Array.from(data, Number))
        .reduce((total, value) => total + value, 0);
      const sha256 = await fileSha256(join(checkpoint, 'model.safetensors'));
      outcomes[name] = { step: rest.step, aborted: rest.aborted, sha256, sum, calls };
    } catch (error) {
      outcomes[name] = { error: isFgamError(error) ? error.code : String(error), calls };
    }
  };

  const values = Float32Array.of(1, rank, 2 ** rank);
  await communicator.allReduce(values.subarray(1));
  await writeFile(join(folder, `sums-${rank}.json`), JSON.stringify([...values]));

  await run('whole', mpiStep(tiny));
  await run('half', mpiStep(tiny), { stopAt: MPI_STEPS / 2 });

  const step = mpiStep(tiny);
  const stop = new AbortController();
  const stopping: Step = {
    ...step,
    batch(update, cursors) {
      if (rank === 1 && update === 3) stop.abort();
      return step.batch(update, cursors);
    },
  };
  await run('stopped', stopping, { signal: stop.signal });

  const failing: Step = {
    ...step,
    async batch(update, cursors) {
      if (rank === 1 && update === 3) throw new Error('no such image');
      return step.batch(update, cursors);
    },
  };
  await run('failed', failing);
  await run('after a failure', step, { where: 'failed', resume: true });
  await run('of one process', step, { resume: true });
  await run('whose lines can’t be told', step, {
    onProgress: () => {
      throw new Error('no room');
    },
  });
  await run('of other lengths', step, { stopAt: MPI_STEPS - rank });
  await run('of other options', mpiStep(tiny, { seed: rank }));
  await run('of three rows', mpiStep(tiny, { batchSize: 3 }));
  await run('that samples', { ...step, memory: () => undefined });
  await run('into a folder with a checkpoint', step, { where: 'half' });
  await writeFile(join(folder, `rank-${rank}.json`), JSON.stringify(outcomes));
  communicator.close();
}

const [, script, folder] = process.argv;
if (script === fileURLToPath(import.meta.url) && folder !== undefined) await runAll(folder);
