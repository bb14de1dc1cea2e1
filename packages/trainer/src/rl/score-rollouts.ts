import type { CompiledFunction, Weights } from '@fgam/compile';
import { gatherFromTokens } from './collate-rollouts.js';
import type { Policy } from './policy.js';
import { type PlannedRow, roundsOfRow, writtenIn } from './rows-of-questions.js';

/** Log-probabilities and values of a rollout's sampled tokens, all rounds one after another. */
export interface RolloutScores {
  readonly logProbs: Float32Array;
  /** Of the value head; zeros without one. */
  readonly values: Float32Array;
}

/** What rows are padded to, and how many trajectories are in them. */
export interface RowShape {
  readonly rollouts: number;
  readonly length: number;
  /** Rows of a run: the last run is filled up with rows that are thrown away, so that there is one shape. */
  readonly batchSize: number;
}

/**
 * Scores the sampled tokens of trajectories under given weights.
 *
 * @param scorer - the policy's `scores` as a function
 */
export async function scoreRollouts(
  scorer: CompiledFunction,
  weights: Weights,
  rows: readonly PlannedRow[],
  { inputs: inputsOf }: Pick<Policy<unknown>, 'inputs'>,
  { rollouts, length, batchSize }: RowShape,
): Promise<RolloutScores[]> {
  scorer.setWeights(weights);
  const scores = Array.from({ length: rollouts }, () => ({
    logProbs: [] as Float32Array[],
    values: [] as Float32Array[],
  }));
  for (let start = 0; start < rows.length; start += batchSize) {
    const drawn = Array.from(
      { length: batchSize },
      (_, row) => rows[Math.min(start + row, rows.length - 1)] as PlannedRow,
    );
    const inputs = await inputsOf(
      drawn.map((row) => ({ image: row.image, rounds: roundsOfRow(row) })),
      length,
    );
    const mask = inputs.targetMask;
    const found = await scorer.run({ ...inputs });
    const logProbs = gatherFromTokens(mask, found['logProbs']?.data as Float32Array);
    const values = gatherFromTokens(mask, found['values']?.data as Float32Array);
    for (const [at, { parts }] of rows.slice(start, start + batchSize).entries()) {
      let from = 0;
      for (const part of parts) {
        const to = from + writtenIn(part);
        scores[part.rollout]?.logProbs.push((logProbs[at] as Float32Array).slice(from, to));
        scores[part.rollout]?.values.push((values[at] as Float32Array).slice(from, to));
        from = to;
      }
    }
  }
  return scores.map(({ logProbs, values }) => ({ logProbs: joined(logProbs), values: joined(values) }));
}

function joined(parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}
