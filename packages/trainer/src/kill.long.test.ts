import { spawn } from 'node:child_process';
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRandom } from '@fgam/data';
import { expect, test } from 'vitest';
import { fileSha256 } from './checkpoint.js';
import { KILLED_STEPS, trainSmall } from './kill.test-support.js';
import { readMetrics } from './metrics.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const script = fileURLToPath(new URL('./kill.test-support.ts', import.meta.url));
/** Kills before the run is left to end. */
const KILLS = 50;

/** Runs the training in a process of its own; kills it without warning after some milliseconds. True if it ended by itself. */
function runFor(folder: string, milliseconds: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const args = ['--import', 'tsx', script, folder, 'killed'];
    const env = { ...process.env, TSX_TSCONFIG_PATH: join(root, 'tsconfig.json') };
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), milliseconds);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (code !== 0 && signal !== 'SIGKILL') reject(new Error(`the run ended with ${code}`));
      else resolve(code === 0);
    });
  });
}

test('a run that is killed at any moment ends in the bytes of one that was never stopped', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fgam-kill-'));
  const straight = await trainSmall(folder, 'straight');
  const random = createRandom('kills');
  let kills = 0;
  for (; kills < KILLS; kills += 1) if (await runFor(folder, random.int(1500, 4000))) break;
  expect(kills).toBe(KILLS);
  expect(await runFor(folder, 600_000)).toBe(true);
  const killed = join(folder, 'killed', `step-${KILLED_STEPS}`);
  for (const file of ['model.safetensors', 'optimizer.safetensors'])
    expect(await fileSha256(join(killed, file))).toBe(await fileSha256(join(straight, file)));
  const steps = (await readMetrics(join(folder, 'killed', 'metrics.jsonl'))).map(({ step }) => step);
  expect(steps).toEqual(Array.from({ length: KILLED_STEPS / 10 }, (_, index) => (index + 1) * 10));
  // What a kill left half-written is not taken for a checkpoint.
  const names = await readdir(join(folder, 'killed'));
  expect(names.filter((name) => /^step-\d+$/.test(name)).sort()).toEqual(
    [`step-${KILLED_STEPS - 10}`, `step-${KILLED_STEPS}`].sort(),
  );
});
