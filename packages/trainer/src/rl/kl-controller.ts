/** What the KL penalty's coefficient aims at. */
export interface AdaptiveKl {
  /** Nats a token that the policy may drift from the reference. */
  readonly target: number;
  /**
   * Tokens over which the coefficient moves by a fifth at most. Default 10,000; an iteration of
   * more moves it by no more.
   */
  readonly horizon?: number;
}

/** Of the relative error, as published. */
const MOST_ERROR = 0.2;
const HORIZON = 10_000;

/**
 * The next coefficient of the KL penalty: beta (1 + clip(KL / target - 1, -0.2, 0.2) min(1, tokens /
 * horizon)), so that it stays above 0.
 *
 * @param kl - mean log pi - log pi_ref over the sampled tokens
 * @see Ziegler et al. 2019 (arXiv 1909.08593), section 2.2
 * @example
 * ```ts
 * import { nextKlCoefficient } from '@fgam/trainer';
 *
 * // Twice the target over as many tokens as the horizon: a fifth more.
 * if (!(Math.abs(nextKlCoefficient(0.1, 0.1, 10_000, { target: 0.05 }) - 0.12) < 1e-12)) throw new Error();
 * ```
 */
export function nextKlCoefficient(
  beta: number,
  kl: number,
  tokens: number,
  { target, horizon = HORIZON }: AdaptiveKl,
): number {
  const error = Math.min(MOST_ERROR, Math.max(-MOST_ERROR, kl / target - 1));
  return beta * (1 + error * Math.min(1, tokens / horizon));
}
