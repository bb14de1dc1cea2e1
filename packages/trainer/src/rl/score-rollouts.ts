import type { CompiledFunction, Weights } from '@fgam/compile';
import type { PixelCache } from '@fgam/data';
import { collateRollouts, gatherFromTokens } from './collate-rollouts.js';
import type { Rollout } from './rollout.js';

/** Log-probabilities and values of a rollout's sampled tokens, all rounds one after another. */
export interface RolloutScores {
  readonly logProbs: Float32Array;
  /** Of the value head; zeros without one. */
  readonly values: Float32Array;
}

/** What rows are padded to. */
export interface RowShape {
  readonly padId: number;
  readonly length: number;
  /** Rows of a run: the last run is filled up with rows that are thrown away, so that there is one shape. */
  readonly batchSize: number;
}

/**
 * Scores sampled tokens under given weights.
 *
 * @param scorer - `policyScores` as a function
 */
export async function scoreRollouts(
  scorer: CompiledFunction,
  weights: Weights,
  rollouts: readonly Rollout[],
  pixels: PixelCache,
  { padId, length, batchSize }: RowShape,
): Promise<RolloutScores[]> {
  scorer.setWeights(weights);
  const scores: RolloutScores[] = [];
  for (let start = 0; start < rollouts.length; start += batchSize) {
    const drawn = Array.from(
      { length: batchSize },
      (_, row) => rollouts[Math.min(start + row, rollouts.length - 1)] as Rollout,
    );
    const images = await pixels.loadAll(drawn.map(({ image }) => image));
    const inputs = collateRollouts(
      drawn.map(({ rounds }, row) => ({ pixels: images[row] as Uint8Array, rounds })),
      { padId, length },
    );
    const mask = inputs.targetMask;
    const found = await scorer.run({ ...inputs });
    const logProbs = gatherFromTokens(mask, found['logProbs']?.data as Float32Array);
    const values = gatherFromTokens(mask, found['values']?.data as Float32Array);
    const real = Math.min(batchSize, rollouts.length - start);
    for (let row = 0; row < real; row += 1)
      scores.push({ logProbs: logProbs[row] as Float32Array, values: values[row] as Float32Array });
  }
  return scores;
}
