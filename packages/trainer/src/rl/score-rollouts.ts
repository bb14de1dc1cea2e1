import type { CompiledFunction, Weights } from '@fgam/compile';
import { gatherFromTokens } from './collate-rollouts.js';
import type { Policy, PolicyRow } from './policy.js';
import type { Rollout } from './rollout.js';

/** Log-probabilities and values of a rollout's sampled tokens, all rounds one after another. */
export interface RolloutScores {
  readonly logProbs: Float32Array;
  /** Of the value head; zeros without one. */
  readonly values: Float32Array;
}

/** What rows are padded to. */
export interface RowShape {
  readonly length: number;
  /** Rows of a run: the last run is filled up with rows that are thrown away, so that there is one shape. */
  readonly batchSize: number;
}

/**
 * Scores sampled tokens under given weights.
 *
 * @param scorer - the policy's `scores` as a function
 */
export async function scoreRollouts(
  scorer: CompiledFunction,
  weights: Weights,
  rollouts: readonly Rollout[],
  policy: Pick<Policy<unknown>, 'inputs' | 'rowsOf'>,
  { length, batchSize }: RowShape,
): Promise<RolloutScores[]> {
  scorer.setWeights(weights);
  const rows = rollouts.flatMap(({ image, rounds }, rollout) =>
    policy.rowsOf(rounds).map((together) => ({ image, rounds: together, rollout })),
  );
  const scores = rollouts.map(() => ({ logProbs: [] as Float32Array[], values: [] as Float32Array[] }));
  for (let start = 0; start < rows.length; start += batchSize) {
    const drawn = Array.from(
      { length: batchSize },
      (_, row) => rows[Math.min(start + row, rows.length - 1)] as PolicyRow,
    );
    const inputs = await policy.inputs(drawn, length);
    const mask = inputs.targetMask;
    const found = await scorer.run({ ...inputs });
    const logProbs = gatherFromTokens(mask, found['logProbs']?.data as Float32Array);
    const values = gatherFromTokens(mask, found['values']?.data as Float32Array);
    for (const [at, { rollout }] of rows.slice(start, start + batchSize).entries()) {
      scores[rollout]?.logProbs.push(logProbs[at] as Float32Array);
      scores[rollout]?.values.push(values[at] as Float32Array);
    }
  }
  return scores.map(({ logProbs, values }) => ({ logProbs: joined(logProbs), values: joined(values) }));
}

function joined(parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}
