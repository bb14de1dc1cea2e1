import { trainerError } from '../error.js';
import type { ClaimedReward } from './rollout.js';

/** What {@link tokenRewards} takes: one entry a round, each of that round's tokens. */
export interface TokenRewardsInput {
  /** R_k of each round. */
  readonly scores: readonly number[];
  /** log pi(y_t) - log pi_ref(y_t) of each round's tokens, of the policy that wrote them. */
  readonly logRatios: readonly ArrayLike<number>[];
  /** beta >= 0: what a nat of drift costs. */
  readonly klCoefficient: number;
  /** delta, 0..1: what a round's difference counts for each round before it. Default 1. */
  readonly roundDiscount?: number;
  /** Of each round the parts of R_k that its claims earn. Default: none, the last token earns it all. */
  readonly claims?: readonly (readonly ClaimedReward[] | undefined)[] | undefined;
}

/**
 * Rewards of a trajectory's tokens, the rounds one after another.
 *
 *     r_t = - beta (log pi(y_t) - log pi_ref(y_t))  + [t ends round k] delta^k (R_k - R_(k-1)),  R_(-1) = 0
 *
 * With delta = 1 the differences add up to the last R: a round earns what it mends and pays for what it
 * breaks (potential-based shaping), and a first answer earns nothing by being right that a revision would
 * not earn. Below 1 they add up to a mean of all R, (1 - delta) (R_0 + delta R_1 + ...) + delta^K R_K:
 * right at once is worth more.
 *
 * Of a round whose claims are given each claim earns its part of delta^k R_k where it ends, the last token the
 * rest, and the first one pays delta^k R_(k-1): the sums are the same, and a token is answerable for what it is a
 * part of (`docs/decisions/0030`).
 *
 * @throws FgamError `trainer/bad-rollouts` for a round without tokens, which could be given no reward, or a
 * number of scores that is not that of rounds
 * @see docs/decisions/0021 (the paper says only that PPO is used, section 3.3.3); Ng, Harada and Russell 1999
 * for the shaping; the penalty is the k1 estimate of the KL, as in Ouyang et al. 2022 (arXiv 2203.02155)
 * @example
 * ```ts
 * import { tokenRewards } from '@fgam/trainer';
 *
 * // A wrong answer of one token, and the revision that mends it.
 * const scores = [-1, 1];
 * const rewards = tokenRewards({ scores, logRatios: [[0], [0]], klCoefficient: 0.1, roundDiscount: 0.5 });
 * if (rewards[0] !== -1 || rewards[1] !== 1) throw new Error();
 * ```
 */
export function tokenRewards(input: TokenRewardsInput): Float32Array {
  const { scores, logRatios, klCoefficient, roundDiscount = 1, claims = [] } = input;
  if (scores.length !== logRatios.length)
    throw trainerError(
      'trainer/bad-rollouts',
      `tokenRewards: expected a score for each of ${logRatios.length} rounds, got ${scores.length}`,
    );
  const empty = logRatios.findIndex(({ length }) => length === 0);
  if (empty >= 0)
    throw trainerError(
      'trainer/bad-rollouts',
      `tokenRewards: expected a token or more in each round, got none in round ${empty}`,
    );
  const rewards = Float32Array.from(
    logRatios.flatMap((round) => Array.from(round, (ratio) => -klCoefficient * ratio)),
  );
  const earn = (token: number, reward: number): void => {
    rewards[token] = (rewards[token] as number) + reward;
  };
  let start = 0;
  let before = 0;
  logRatios.forEach(({ length }, k) => {
    const score = scores[k] as number;
    const weight = roundDiscount ** k;
    const own = claims[k] ?? [];
    for (const { token, reward } of own) earn(start + token, weight * reward);
    const rest = own.reduce((left, { reward }) => left - reward, score);
    earn(start + length - 1, weight * rest);
    earn(own.length > 0 ? start : start + length - 1, -weight * before);
    start += length;
    before = score;
  });
  return rewards;
}
