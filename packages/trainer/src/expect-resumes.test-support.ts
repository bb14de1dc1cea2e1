import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { fileSha256 } from './checkpoint.js';
import type { Step } from './step.js';
import { train, type TrainOptions, type TrainResult } from './train.js';

/** The SHA-256 of the weights that a run came to. */
export async function weightsSha256({ checkpoint }: Pick<TrainResult, 'checkpoint'>): Promise<string> {
  return fileSha256(join(checkpoint, 'model.safetensors'));
}

/**
 * Trains at once, then once more by a new step from a checkpoint on the way, as after a kill, and expects the
 * same weights. Returns their SHA-256.
 *
 * @param at - the update of that checkpoint: at least half of all, as no more than two checkpoints are kept
 */
export async function expectResumes(
  stepOf: () => Step | Promise<Step>,
  options: Pick<TrainOptions, 'out' | 'steps' | 'schedule' | 'logEvery' | 'onCheckpoint'>,
  at: number,
): Promise<string> {
  const run = { ...options, saveEvery: at };
  const whole = await train({ ...run, step: await stepOf() });
  const expected = await weightsSha256(whole);
  await rm(whole.checkpoint, { recursive: true });
  let begun = 0;
  const resumed = await train({
    ...run,
    step: await stepOf(),
    resume: true,
    onStart: (done) => {
      begun = done;
    },
  });
  expect(begun).toBe(at);
  expect(await weightsSha256(resumed)).toBe(expected);
  return expected;
}
