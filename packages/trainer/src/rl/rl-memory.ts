import { listFaults } from '@fgam/data';
import { z } from 'zod';
import { trainerError } from '../error.js';
import type { RolloutFigures } from './hacking-alarms.js';
import { type BufferRow, bufferSchema } from './rollout-buffer.js';

/** What an RL run keeps between updates, beside weights and cursor. */
export interface RlMemory {
  /** The iteration whose rollouts these are. */
  readonly iteration: number;
  readonly rows: readonly BufferRow[];
  /** T of its rows. */
  readonly length: number;
  readonly klCoefficient: number;
  /** Of the first iteration: what alarms compare with. */
  readonly first: RolloutFigures;
}

const figures = z.strictObject({
  reward: z.number(),
  firstReward: z.number(),
  length: z.number(),
  refusals: z.number(),
  yesRatio: z.number().exactOptional(),
  disagreement: z.number().exactOptional(),
});

const memorySchema = z.strictObject({
  iteration: z.int().min(0),
  rows: bufferSchema,
  length: z.int().min(1),
  klCoefficient: z.number(),
  first: figures,
});

/** Takes up what a checkpoint kept. @throws FgamError `trainer/bad-checkpoint` */
export function readMemory(value: unknown): RlMemory {
  const parsed = memorySchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [fault = ''] = listFaults(parsed.error, 'rollouts');
  throw trainerError(
    'trainer/bad-checkpoint',
    `createRlStep: the checkpoint's rollouts are not of this form (${fault}); start in another folder`,
  );
}
