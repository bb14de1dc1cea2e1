import { generalizedAdvantages, groupAdvantages, whiten } from '@fgam/losses';
import { z } from 'zod';
import type { Rollout } from './rollout.js';
import { type PlannedRow, roundsOfRow, writtenIn } from './rows-of-questions.js';
import type { RolloutScores } from './score-rollouts.js';
import { tokenRewards, type TokenRewardsInput } from './token-rewards.js';

/**
 * A row of rollouts of one image, with what its updates are computed from; lists run over the sampled
 * tokens of all its rounds.
 */
export interface BufferRow {
  /** Index of its question among the run's; of several, that of the first. */
  readonly item: number;
  readonly rounds: Rollout['rounds'];
  readonly oldLogProbs: readonly number[];
  readonly referenceLogProbs: readonly number[];
  readonly oldValues: readonly number[];
  /** PPO: whitened, one a token. GRPO: the trajectory's, on each. */
  readonly advantages: readonly number[];
  readonly returns: readonly number[];
}

const numbers = z.array(z.number());

/** The form of a buffer in a checkpoint. */
export const bufferSchema = z.array(
  z.strictObject({
    item: z.int().min(0),
    rounds: z.array(
      z.strictObject({
        promptIds: z.array(z.int()),
        instruction: z.array(z.int()).exactOptional(),
        tokens: z.array(z.int()),
        score: z.number(),
        claims: z.array(z.strictObject({ token: z.int().min(0), reward: z.number() })).exactOptional(),
      }),
    ),
    oldLogProbs: numbers,
    referenceLogProbs: numbers,
    oldValues: numbers,
    advantages: numbers,
    returns: numbers,
  }),
);

/** What {@link fillBuffer} takes: one entry a rollout. */
export interface FillBufferInput extends Pick<TokenRewardsInput, 'klCoefficient' | 'roundDiscount'> {
  readonly rows: readonly PlannedRow[];
  readonly rollouts: readonly Rollout[];
  readonly items: readonly number[];
  /** Of the policy that sampled. */
  readonly old: readonly RolloutScores[];
  /** Of the frozen policy that RL starts from. */
  readonly reference: readonly RolloutScores[];
  readonly algorithm: 'ppo' | 'grpo';
  readonly gamma: number;
  readonly lambda: number;
}

/** The rows, and the mean of log pi - log pi_ref over their tokens. */
export interface FilledBuffer {
  readonly rows: readonly BufferRow[];
  readonly klToReference: number;
  readonly tokens: number;
}

/**
 * Advantages and returns of rollouts: PPO's by GAE over each trajectory's tokens, whitened over all; GRPO's
 * by each question's samples. GRPO has its KL in the loss and no penalty here.
 */
export function fillBuffer(input: FillBufferInput): FilledBuffer {
  const { rollouts, items, old, reference, algorithm } = input;
  const drifts = rollouts.map((_, row) =>
    scoresOf(old, row).logProbs.map(
      (logProb, t) => logProb - (scoresOf(reference, row).logProbs[t] as number),
    ),
  );
  const tokens = drifts.reduce((sum, drift) => sum + drift.length, 0);
  const drift = drifts.reduce((sum, row) => row.reduce((all, x) => all + x, sum), 0);
  const learnt = algorithm === 'ppo' ? penalised(input, drifts) : relative(rollouts, drifts);
  // Where a trajectory's next part begins among its tokens.
  const begins = rollouts.map(() => 0);
  const rows = input.rows.map((row): BufferRow => {
    const parts = row.parts.map((part) => {
      const from = begins[part.rollout] as number;
      const to = from + writtenIn(part);
      begins[part.rollout] = to;
      return { rollout: part.rollout, from, to };
    });
    const own = (valuesOf: (rollout: number) => Float32Array): number[] =>
      parts.flatMap(({ rollout, from, to }) => [...valuesOf(rollout).subarray(from, to)]);
    return {
      item: items[parts[0]?.rollout ?? 0] as number,
      rounds: roundsOfRow(row),
      oldLogProbs: own((rollout) => scoresOf(old, rollout).logProbs),
      referenceLogProbs: own((rollout) => scoresOf(reference, rollout).logProbs),
      oldValues: own((rollout) => scoresOf(old, rollout).values),
      advantages: own((rollout) => (learnt[rollout] as Learnt).advantages),
      returns: own((rollout) => (learnt[rollout] as Learnt).returns),
    };
  });
  return { rows, klToReference: drift / Math.max(1, tokens), tokens };
}

interface Learnt {
  readonly advantages: Float32Array;
  readonly returns: Float32Array;
}

function penalised(input: FillBufferInput, drifts: readonly Float32Array[]): Learnt[] {
  const { rollouts, old, klCoefficient, roundDiscount, gamma, lambda } = input;
  const raw = rollouts.map(({ rounds }, row) => {
    let next = 0;
    const logRatios = rounds.map(({ tokens }) => {
      const from = next;
      next += tokens.length;
      return (drifts[row] as Float32Array).subarray(from, next);
    });
    const rewards = tokenRewards({
      scores: rounds.map(({ score }) => score),
      claims: rounds.map(({ claims }) => claims),
      logRatios,
      klCoefficient,
      ...(roundDiscount === undefined ? {} : { roundDiscount }),
    });
    return generalizedAdvantages({ rewards, values: scoresOf(old, row).values }, { gamma, lambda });
  });
  const whitened = whiten(raw.map(({ advantages }) => advantages));
  return raw.map(({ returns }, row) => ({ advantages: whitened[row] as Float32Array, returns }));
}

function relative(rollouts: readonly Rollout[], drifts: readonly Float32Array[]): Learnt[] {
  const advantages = groupAdvantages(
    rollouts.map(({ rounds }) => rounds.at(-1)?.score ?? 0),
    rollouts.map(({ group }) => group),
  );
  return drifts.map((drift, row) => ({
    advantages: drift.slice().fill(advantages[row] as number),
    returns: new Float32Array(drift.length),
  }));
}

function scoresOf(scores: readonly RolloutScores[], row: number): RolloutScores {
  return scores[row] as RolloutScores;
}
