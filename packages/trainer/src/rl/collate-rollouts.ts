import {
  type ConversationInputs,
  collatePixels,
  float32Input,
  type Float32Input,
  int32Input,
} from '@fgam/data';
import type { Rollout } from './rollout.js';

/** One trajectory of a batch with its image. */
export interface RolloutRow {
  /** uint8 `[S, S, 3]`. */
  readonly pixels: Uint8Array;
  readonly rounds: Rollout['rounds'];
}

/** Options of {@link collateRollouts}. */
export interface CollateRolloutsOptions {
  readonly padId: number;
  /** T; every row must fit (`rolloutLength`). */
  readonly length: number;
}

/** Tokens of a trajectory's row: prompts and answers of all rounds. */
export function rolloutLength(rounds: Rollout['rounds']): number {
  return rounds.reduce((sum, { promptIds, tokens }) => sum + promptIds.length + tokens.length, 0);
}

/**
 * Packs trajectories one a row, each round a segment `prompt answer`: logits at t predict `targets[t]`, and
 * the mask is 1 where that is a token that the policy wrote. The sampled ids themselves, so that the
 * log-probability is of what was sampled.
 */
export function collateRollouts(
  rows: readonly RolloutRow[],
  { padId, length }: CollateRolloutsOptions,
): ConversationInputs {
  const shape = [rows.length, length];
  const inputs = {
    pixels: collatePixels(rows.map(({ pixels }) => pixels)),
    inputIds: int32Input(shape, padId),
    segmentIds: int32Input(shape),
    positions: int32Input(shape),
    targets: int32Input(shape),
    targetMask: float32Input(shape),
  };
  rows.forEach(({ rounds }, row) => {
    let at = row * length;
    rounds.forEach(({ promptIds, tokens }, round) => {
      const ids = [...promptIds, ...tokens];
      inputs.inputIds.data.set(ids, at);
      inputs.segmentIds.data.fill(round + 1, at, at + ids.length);
      inputs.positions.data.set([...ids.keys()], at);
      inputs.targets.data.set(ids.slice(1), at);
      inputs.targetMask.data.fill(1, at + promptIds.length - 1, at + ids.length - 1);
      at += ids.length;
    });
  });
  return inputs;
}

/** Values of the policy's tokens, a list a row, put where `targetMask` is 1; 0 elsewhere. */
export function spreadOverTokens(mask: Float32Input, rows: readonly ArrayLike<number>[]): Float32Input {
  const [count = 0, length = 0] = mask.shape;
  const spread = float32Input([count, length]);
  rows.forEach((values, row) => {
    let next = 0;
    for (let at = row * length; at < (row + 1) * length; at += 1)
      if (mask.data[at] === 1) spread.data[at] = values[next++] as number;
  });
  return spread;
}

/** The inverse of {@link spreadOverTokens}: what stands where the mask is 1, row by row. */
export function gatherFromTokens(mask: Float32Input, values: Float32Array): Float32Array[] {
  const [count = 0, length = 0] = mask.shape;
  return Array.from({ length: count }, (_, row) =>
    values.slice(row * length, (row + 1) * length).filter((__, at) => mask.data[row * length + at] === 1),
  );
}
