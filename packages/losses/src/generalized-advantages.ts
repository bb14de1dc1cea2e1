import { FgamError } from './error.js';

/**
 * Inputs of {@link generalizedAdvantages}: one entry a token that the policy wrote, in its
 * order, of one trajectory.
 */
export interface AdvantageInputs {
  /** r_t: what a token earned, such as the KL penalty on each and the reward on the last of a round. */
  readonly rewards: ArrayLike<number>;
  /** V_t of the value head; what follows the last token is worth 0. */
  readonly values: ArrayLike<number>;
}

/** Advantages and returns, one a token. */
export interface Advantages {
  readonly advantages: Float32Array;
  /** G_t = A_t + V_t: what the value head learns. */
  readonly returns: Float32Array;
}

/**
 * Generalized advantage estimation over a finished trajectory.
 *
 *     delta_t = r_t + gamma V_(t+1) - V_t,  V_T = 0
 *     A_t = delta_t + gamma lambda A_(t+1)
 *
 * @param options - `gamma` 0..1, default 1; `lambda` 0..1, default 0.95
 * @throws FgamError `losses/bad-shape` where the two differ in length; `losses/bad-option`
 * @see Schulman et al. 2016 (arXiv 1506.02438), equation 16; the defaults are those of RLHF's published recipes
 * @example
 * ```ts
 * import { generalizedAdvantages } from '@fgam/losses';
 *
 * // delta = [0 + 0.5 - 0, 1 - 0.5]; A = [0.5 + 0.5 * 0.5, 0.5]
 * const { advantages, returns } = generalizedAdvantages({ rewards: [0, 1], values: [0, 0.5] }, { lambda: 0.5 });
 * if (advantages[0] !== 0.75 || returns[1] !== 1) throw new Error('expected 0.75 and 1');
 * ```
 */
export function generalizedAdvantages(
  { rewards, values }: AdvantageInputs,
  options: { readonly gamma?: number; readonly lambda?: number } = {},
): Advantages {
  const { gamma = 1, lambda = 0.95 } = options;
  for (const [name, value] of Object.entries({ gamma, lambda }))
    if (!(value >= 0 && value <= 1))
      throw new FgamError(
        'losses/bad-option',
        `generalizedAdvantages: expected ${name} in 0..1, got ${value}`,
      );
  if (rewards.length !== values.length)
    throw new FgamError(
      'losses/bad-shape',
      `generalizedAdvantages: expected one value a reward, got ${values.length} values and ${rewards.length} rewards; give one of each a token`,
    );
  const advantages = new Float32Array(rewards.length);
  const returns = new Float32Array(rewards.length);
  let nextAdvantage = 0;
  let nextValue = 0;
  for (let t = rewards.length - 1; t >= 0; t -= 1) {
    const value = values[t] as number;
    nextAdvantage = (rewards[t] as number) + gamma * nextValue - value + gamma * lambda * nextAdvantage;
    advantages[t] = nextAdvantage;
    returns[t] = nextAdvantage + value;
    nextValue = value;
  }
  return { advantages, returns };
}
