import { execFile, spawnSync } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isFgamError } from '@fgam/data';
import { fileSha256 } from '@fgam/trainer';
import { beforeAll, describe, expect, test } from 'vitest';
import { checkShares } from '../train/processes.js';
import { fgamJson, sceneWorkshop } from './command.test-support.js';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const program = fileURLToPath(new URL('../index.ts', import.meta.url));
const isMpiAbsent =
  spawnSync('mpirun', ['--version']).error !== undefined && process.env['FGAM_REQUIRE_ALL'] !== '1';

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line in processes of its own; how it ended. */
async function run(
  file: string,
  args: readonly string[],
  variables: Record<string, string> = {},
): Promise<Ended> {
  const env = { ...process.env, TSX_TSCONFIG_PATH: join(root, 'tsconfig.json'), ...variables };
  return promisify(execFile)(file, args, { cwd: root, env }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: Ended) => error,
  );
}

const node = ['--import', 'tsx', program];
const mpirun = (...args: readonly string[]): Promise<Ended> =>
  run('mpirun', ['--allow-run-as-root', '--oversubscribe', '-n', '2', process.execPath, ...node, ...args]);

let folder: string;

/** Writes a config of three steps into `name.json`; its output folder is `name`. */
async function config(name: string, parts: object): Promise<string> {
  const path = join(folder, `${name}.json`);
  const common = { data: 'scenes', model: 'tiny', batchSize: 4, schedule: { learningRate: 0.001 } };
  await writeFile(path, JSON.stringify({ ...common, out: name, steps: 3, ...parts }, null, 2));
  return path;
}

beforeAll(async () => {
  folder = await sceneWorkshop(12);
});

describe.skipIf(isMpiAbsent)('mpirun -n 2 fgam train', () => {
  test('shares a run: one result, that of one process that takes its batches in two parts', async () => {
    const alone = await fgamJson('train', 'sft', '--config', await config('alone', { microBatches: 2 }));
    const shared = await mpirun('train', 'sft', '--json', '--config', await config('shared', {}));
    expect(shared).toMatchObject({ code: 0 });
    expect(JSON.parse(shared.stdout)).toEqual({
      ...alone,
      out: join(folder, 'shared'),
      model: join(folder, 'shared', 'model'),
      checkpoint: join(folder, 'shared', 'step-3'),
      sha256: await fileSha256(join(folder, 'shared', 'step-3', 'model.safetensors')),
      loss: expect.closeTo(Number(alone['loss']), 4) as number,
    });
    expect(shared.stderr.match(/parameters, images of/g)).toHaveLength(1);
    const files = async (name: string): Promise<string[]> =>
      (await readdir(join(folder, name), { recursive: true }))
        .filter((file) => !file.includes('tfevents'))
        .sort();
    expect(await files('shared')).toEqual(await files('alone'));
  });

  test('ends where its data is not there, and says why', async () => {
    const ended = await mpirun(
      'train',
      'sft',
      '--json',
      '--config',
      await config('lost', { data: 'nowhere' }),
    );
    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toContain('nowhere');
    // The first prints, unless the other's end has ended it before.
    expect((ended.stdout.match(/"error"/g) ?? []).length).toBeLessThan(2);
  });
});

test('fgam train rl is one process only', async () => {
  const launched = { OMPI_COMM_WORLD_RANK: '0', OMPI_COMM_WORLD_SIZE: '2' };
  const refused = await run(process.execPath, [...node, 'train', 'rl', '--config', 'x.json'], launched);
  expect(refused).toMatchObject({ code: 2, stdout: '' });
  expect(refused.stderr).toContain('expected one process for fgam train rl, got 2 of mpirun');
});

describe('checkShares', () => {
  const processes = (size: number) => ({ rank: 0, size, allReduce: () => {} });

  test('takes batches that all can share in equal parts', () => {
    checkShares({ batchSize: 3 }, undefined);
    checkShares({ batchSize: 8, microBatches: 2, worker: false }, processes(4));
  });

  test('refuses others, and says what would do', () => {
    let refused: unknown;
    try {
      checkShares({ batchSize: 12, microBatches: 2, worker: true }, processes(4));
    } catch (error) {
      refused = error;
    }
    expect(isFgamError(refused) && refused.code).toBe('fgam/bad-config');
    expect(String(refused)).toContain('a multiple of 8 (4 processes, microBatches 2), got 12');
    expect(String(refused)).toContain('worker: expected false with 4 processes');
  });
});
