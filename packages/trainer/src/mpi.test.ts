import { execFile, spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isFgamError } from '@fgam/data';
import { beforeAll, describe, expect, test } from 'vitest';
import { readSafetensors, type Weights } from '@fgam/compile';
import { readMetrics } from './metrics.js';
import { launchedBy, openMpi } from './mpi.js';
import { MPI_RUN, MPI_STEPS, type MpiOutcome, mpiStep } from './mpi-run.test-support.js';
import type { Step } from './step.js';
import { createTinyRun, type TinyRun } from './tiny-run.test-support.js';
import { train } from './train.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const script = fileURLToPath(new URL('mpi-run.test-support.ts', import.meta.url));
const isMpiAbsent =
  spawnSync('mpirun', ['--version']).error !== undefined && process.env['FGAM_REQUIRE_ALL'] !== '1';

/**
 * Weights of two checkpoints: the same but for rounding, of which AdamW makes much where a gradient is next to
 * nothing. So what is compared is how far all of them lie apart, and how far training has brought them.
 */
async function expectSameWeights(
  checkpoint: string,
  other: string,
  { weights: before }: Step,
): Promise<void> {
  const [own, others] = await Promise.all(
    [checkpoint, other].map(
      async (folder) => (await readSafetensors(join(folder, 'model.safetensors'))).weights,
    ),
  );
  // Attention does not see biases of keys: their gradients are rounding alone.
  const names = Object.keys(before).filter((name) => !name.endsWith('k_proj.bias'));
  const distance = (a: Weights = {}, b: Weights = {}): number => {
    const squares = names.flatMap((name) =>
      Array.from(a[name]?.data ?? [], (value, i) => (Number(value) - Number(b[name]?.data[i])) ** 2),
    );
    return Math.sqrt(squares.reduce((sum, square) => sum + square, 0));
  };
  const travelled = distance(own, before);
  expect(travelled).toBeGreaterThan(0.1);
  expect(distance(own, others) / travelled).toBeLessThan(1e-2);
}

describe('launchedBy', () => {
  test.each([
    [
      { OMPI_COMM_WORLD_RANK: '2', OMPI_COMM_WORLD_SIZE: '3' },
      { rank: 2, size: 3 },
    ],
    [
      { PMI_RANK: '1', PMI_SIZE: '2' },
      { rank: 1, size: 2 },
    ],
    [
      { PMIX_RANK: '3', SLURM_NTASKS: '4' },
      { rank: 3, size: 4 },
    ],
    // Of an allocation of SLURM, in which this process alone was started.
    [{ SLURM_NTASKS: '4' }, { rank: 0, size: 1 }],
    [{}, { rank: 0, size: 1 }],
  ])('%j', (environment, expected) => {
    expect(launchedBy(environment)).toEqual(expected);
  });
});

test('what is no MPI library is refused, with how to name one', () => {
  let refused: unknown;
  try {
    openMpi({ library: 'libnone.so.1' });
  } catch (error) {
    refused = error;
  }
  expect(isFgamError(refused) && refused.code).toBe('trainer/no-mpi');
  expect(String(refused)).toMatch(/libnone\.so\.1.*FGAM_MPI/);
});

describe.skipIf(isMpiAbsent)('two processes of mpirun', () => {
  let tiny: TinyRun;
  let folder: string;
  /** By name, of both. */
  let outcomes: readonly Readonly<Record<string, MpiOutcome>>[];

  beforeAll(async () => {
    tiny = await createTinyRun();
    ({ folder } = tiny);
    const out = join(folder, 'of one process');
    await train({ ...MPI_RUN, step: mpiStep(tiny), microBatches: 2, out, stopAt: MPI_STEPS / 2 });
    const launch = ['--allow-run-as-root', '--oversubscribe', '-n', '2'];
    await promisify(execFile)('mpirun', [...launch, process.execPath, '--import', 'tsx', script, folder], {
      cwd: root,
      env: { ...process.env, TSX_TSCONFIG_PATH: join(root, 'tsconfig.json') },
    });
    outcomes = await Promise.all(
      [0, 1].map(
        async (rank) => JSON.parse(await readFile(join(folder, `rank-${rank}.json`), 'utf8')) as never,
      ),
    );
  });

  const both = (name: string): (MpiOutcome | undefined)[] => outcomes.map((of) => of[name]);

  test('sum what lies in a part of an array, in place', async () => {
    const sums = await Promise.all([0, 1].map((rank) => readFile(join(folder, `sums-${rank}.json`), 'utf8')));
    expect(sums).toEqual(['[1,1,3]', '[1,1,3]']);
  });

  test('train as one process that takes its batches in two parts, and come to the same weights', async () => {
    const out = join(folder, 'alone');
    const alone = await train({ ...MPI_RUN, step: mpiStep(tiny), microBatches: 2, out });
    const [first, second] = both('whole');
    expect(first).toMatchObject({ step: MPI_STEPS, aborted: false });
    expect(second).toEqual({ ...first, calls: 0 });
    await expectSameWeights(join(folder, 'whole', `step-${MPI_STEPS}`), alone.checkpoint, mpiStep(tiny));
    const lines = await Promise.all(
      [join(folder, 'whole'), out].map((where) => readMetrics(join(where, 'metrics.jsonl'))),
    );
    const [shared = [], own = []] = lines;
    expect(shared.map(({ step }) => step)).toEqual(own.map(({ step }) => step));
    own.forEach(({ loss, gradientNorm }, i) => {
      expect(shared[i]?.loss).toBeCloseTo(loss, 4);
      expect(shared[i]?.gradientNorm).toBeCloseTo(gradientNorm, 3);
    });
    // The first writes and calls back: at the start, and with each line.
    expect(first?.calls).toBe(1 + MPI_STEPS / MPI_RUN.logEvery);
    expect(await readdir(join(folder, 'whole'))).toEqual(await readdir(out));
  });

  test('leave a run that one process goes on with', async () => {
    const out = join(folder, 'half');
    const resumed = await train({ ...MPI_RUN, step: mpiStep(tiny), microBatches: 2, out, resume: true });
    await expectSameWeights(resumed.checkpoint, join(folder, 'whole', `step-${MPI_STEPS}`), mpiStep(tiny));
  });

  test('go on with a run of one process', async () => {
    expect(both('of one process')[0]).toMatchObject({ step: MPI_STEPS, calls: 3 });
    const ends = ['of one process', 'whole'].map((name) => join(folder, name, `step-${MPI_STEPS}`));
    await expectSameWeights(ends[0] ?? '', ends[1] ?? '', mpiStep(tiny));
  });

  test('stop after the same update where one is told to', () => {
    const stopped = expect.objectContaining({ step: 3, aborted: true }) as MpiOutcome;
    expect(both('stopped')).toEqual([stopped, stopped]);
  });

  test('end together where one fails, with what was done before, and can go on', () => {
    expect(both('failed').map((each) => each?.error)).toEqual([
      'trainer/other-process',
      'Error: no such image',
    ]);
    const [whole] = both('whole');
    const resumed = expect.objectContaining({ step: MPI_STEPS, sha256: whole?.sha256 }) as MpiOutcome;
    expect(both('after a failure')).toEqual([resumed, resumed]);
    // It began after update 2: a call for that, and three lines.
    expect(both('after a failure')[0]?.calls).toBe(4);
  });

  test.each([
    ['of other options', ['trainer/other-run', 'trainer/other-run']],
    ['of other lengths', ['trainer/other-run', 'trainer/other-run']],
    ['whose lines can’t be told', ['Error: no room', 'trainer/other-process']],
    ['of three rows', ['trainer/bad-config', 'trainer/bad-config']],
    ['that samples', ['trainer/bad-config', 'trainer/bad-config']],
    ['into a folder with a checkpoint', ['trainer/other-run', 'trainer/other-run']],
  ])('refuse a run %s', (name, errors) => {
    expect(both(name).map((each) => each?.error)).toEqual(errors);
  });
});
