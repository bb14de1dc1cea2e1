import * as tf from '@tensorflow/tfjs-core';
import { FgamError } from './error.js';
import { expectShape } from './expect-shape.js';
import { maskedMean } from './masked-mean.js';

/** Inputs of {@link valueLoss}. Axes: any, one entry a token. */
export interface ValueInputs {
  /** V_t: [...] float32, of the value head that is trained. */
  readonly values: tf.Tensor;
  /** V_old,t: [...] float32, of the value head when the tokens were written; a constant of the update. */
  readonly oldValues: tf.Tensor;
  /** G_t: [...] float32, advantage + old value (`generalizedAdvantages`). */
  readonly returns: tf.Tensor;
  /** m_t: [...] float32, 1 on tokens that the policy wrote. */
  readonly mask: tf.Tensor;
}

/** Options of {@link valueLoss}. */
export interface ValueOptions {
  /** c above 0. Default 0.2. */
  readonly clip?: number;
}

/** How far a value may move from the old one, as in the published code of PPO for language models. */
const CLIP = 0.2;

/**
 * PPO's clipped value loss.
 *
 *     V'_t = V_old,t + clip(V_t - V_old,t, -c, c)
 *     L = 1/2 sum_t m_t max( (V_t - G_t)^2, (V'_t - G_t)^2 ) / max(sum_t m_t, 1)
 *
 * @returns scalar float32; the caller disposes (or `tf.tidy`)
 * @throws FgamError `losses/bad-shape`, `losses/bad-option`
 * @see Schulman et al. 2017 (arXiv 1707.06347), equation 9; the clip is of its published code (OpenAI
 * baselines), not in the text
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { valueLoss } from '@fgam/losses';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * // Both values went from 0 to 1, which the clip takes for 0.2. Where the return is 1 the clipped one is
 * // worse, (0.2 - 1)^2 = 0.64; where it is 0 the value itself is, 1.
 * const loss = valueLoss({
 *   values: tf.tensor1d([1, 1]),
 *   oldValues: tf.tensor1d([0, 0]),
 *   returns: tf.tensor1d([1, 0]),
 *   mask: tf.tensor1d([1, 1]),
 * });
 * if (!(Math.abs(loss.dataSync()[0]! - (0.64 + 1) / 2 / 2) < 1e-6)) throw new Error('expected 0.41');
 * ```
 */
export function valueLoss(inputs: ValueInputs, options: ValueOptions = {}): tf.Scalar {
  const { values, oldValues, returns, mask } = inputs;
  const { clip = CLIP } = options;
  if (!(Number.isFinite(clip) && clip > 0))
    throw new FgamError('losses/bad-option', `valueLoss: expected clip > 0, got ${clip}; 0.2 is usual`);
  for (const [name, tensor] of Object.entries({ oldValues, returns, mask }))
    expectShape(
      `valueLoss: expected ${name} to match values`,
      tensor,
      values.shape,
      'give one entry a token',
    );
  const near = tf.add(oldValues, tf.clipByValue(tf.sub(values, oldValues), -clip, clip));
  const worse = tf.maximum(tf.square(tf.sub(values, returns)), tf.square(tf.sub(near, returns)));
  return tf.mul(maskedMean(worse, mask), 0.5);
}
