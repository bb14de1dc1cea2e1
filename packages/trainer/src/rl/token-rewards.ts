/** What {@link tokenRewards} takes: one entry a round, each of that round's tokens. */
export interface TokenRewardsInput {
  /** R_k of each round. */
  readonly scores: readonly number[];
  /** log pi(y_t) - log pi_ref(y_t) of each round's tokens, of the policy that wrote them. */
  readonly logRatios: readonly ArrayLike<number>[];
  /** beta >= 0: what a nat of drift costs. */
  readonly klCoefficient: number;
}

/**
 * Rewards of a trajectory's tokens, the rounds one after another.
 *
 *     r_t = - beta (log pi(y_t) - log pi_ref(y_t))  + [t ends round k] (R_k - R_(k-1)),  R_(-1) = 0
 *
 * The differences add up to the last R: a round earns what it mends and pays for what it breaks (potential-based shaping).
 *
 * @see DESIGN section 4, equation 5; Ng, Harada and Russell 1999 for the shaping; the penalty is the k1 estimate of the KL, as in Ouyang et al. 2022 (arXiv 2203.02155)
 */
export function tokenRewards({ scores, logRatios, klCoefficient }: TokenRewardsInput): Float32Array {
  const rewards = Float32Array.from(
    logRatios.flatMap((round) => Array.from(round, (ratio) => -klCoefficient * ratio)),
  );
  let end = 0;
  let before = 0;
  logRatios.forEach((round, k) => {
    end += round.length;
    const score = scores[k] as number;
    rewards[end - 1] = (rewards[end - 1] as number) + score - before;
    before = score;
  });
  return rewards;
}
