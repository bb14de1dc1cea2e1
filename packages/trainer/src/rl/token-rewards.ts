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
 * Of a round whose claims are given, where c_t is what the claims that end with token t earn of R_k,
 *
 *     r_t = - beta (...) + delta^k (c_t + [t ends round k] (R_k - sum_u c_u) - [t begins round k] R_(k-1))
 *
 * The sum is the same, and a token is answerable for what it is a part of (`docs/decisions/0030`).
 *
 * @throws FgamError `trainer/bad-rollouts` for a round without tokens, which could be given no reward, a
 * number of scores or of lists of claims that is not that of rounds, or a claim that ends with no token of its round
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
 *
 * // Three tokens, the second of which ends a claim that holds, of two: R = 0.
 * const claims = [[{ token: 1, reward: 0.5 }]];
 * const parts = tokenRewards({ scores: [0], claims, logRatios: [[0, 0, 0]], klCoefficient: 0.1 });
 * if (parts[1] !== 0.5 || parts[2] !== -0.5) throw new Error();
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
  if (claims.length > 0 && claims.length !== logRatios.length)
    throw trainerError(
      'trainer/bad-rollouts',
      `tokenRewards: expected the claims of each of ${logRatios.length} rounds, got ${claims.length}`,
    );
  for (const [k, own = []] of claims.entries()) {
    const { length } = logRatios[k] as ArrayLike<number>;
    const astray = own.find(({ token }) => !(Number.isInteger(token) && token >= 0 && token < length));
    if (astray !== undefined)
      throw trainerError(
        'trainer/bad-rollouts',
        `tokenRewards: expected claims that end with one of ${length} tokens in round ${k}, got token ${astray.token}`,
      );
  }
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
