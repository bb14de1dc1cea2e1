import { join } from 'node:path';
import { fileSha256 } from './checkpoint.js';
import type { Step } from './step.js';
import { train, type TrainOptions } from './train.js';

/**
 * Trains up to each of some updates in turn, by a new step each time, and returns the SHA-256 of the
 * last checkpoint's weights.
 */
export async function trainInParts(
  stepOf: () => Step | Promise<Step>,
  options: Pick<TrainOptions, 'out' | 'steps' | 'schedule'>,
  stops: readonly number[],
): Promise<string> {
  let checkpoint = '';
  for (const stopAt of stops)
    ({ checkpoint } = await train({ ...options, step: await stepOf(), stopAt, resume: true }));
  return fileSha256(join(checkpoint, 'model.safetensors'));
}
