import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
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

/** A process that trained. */
interface Ended {
  readonly killed: boolean;
  /** Updates that were done when its training began; none where it was killed before. */
  readonly beganAt: number | undefined;
}

/**
 * Runs the training in a process of its own; kills it without warning some milliseconds after its training
 * has begun, or after its start.
 */
function runFor(folder: string, milliseconds: number, after: 'training' | 'start'): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const args = ['--import', 'tsx', script, folder, 'killed'];
    const env = { ...process.env, TSX_TSCONFIG_PATH: join(root, 'tsconfig.json') };
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
    let timer: NodeJS.Timeout | undefined;
    let beganAt: number | undefined;
    let killed = false;
    const kill = (): void => void (killed = child.kill('SIGKILL'));
    const killLater = (): void => void (timer = setTimeout(kill, milliseconds));
    // Whoever does not begin is stuck.
    const deadline = setTimeout(() => beganAt === undefined && child.kill('SIGTERM'), 60_000);
    if (after === 'start') killLater();
    child.stdout.on('data', (text: Buffer) => {
      const begun = /begins at (\d+)/.exec(text.toString())?.[1];
      if (begun === undefined) return;
      beganAt = Number(begun);
      if (after === 'training') killLater();
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      clearTimeout(deadline);
      if (code !== 0 && !killed) reject(new Error(`the run ended with ${code ?? signal}`));
      else resolve({ killed: code !== 0, beganAt });
    });
  });
}

test('a run that is killed at any moment ends in the bytes of one that was never stopped', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fgam-kill-'));
  const straight = await trainSmall(folder, 'straight');
  const random = createRandom('kills');
  const beginnings = new Set<number>();
  for (let kills = 0; kills < KILLS; kills += 1) {
    // One in ten comes while the run is still starting.
    const early = kills % 10 === 9;
    const ended = await runFor(folder, random.int(0, early ? 1500 : 1000), early ? 'start' : 'training');
    expect(ended.killed).toBe(true);
    if (ended.beganAt !== undefined) beginnings.add(ended.beganAt);
  }
  const last = await runFor(folder, 1_200_000, 'training');
  expect(last.killed).toBe(false);
  // Most kills came to a run that was getting on.
  expect(beginnings.size).toBeGreaterThan(KILLS / 2);
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
  await rm(folder, { recursive: true });
});
