import * as tf from '@tensorflow/tfjs-core';
import { FgamError } from './error.js';
import { expectShape } from './expect-shape.js';
import { maskedMean } from './masked-mean.js';

/** Inputs of {@link policyLoss}. Axes: any, one entry a token (usually B rows by T tokens). */
export interface PolicyInputs {
  /** log pi(y_t): [...] float32, in nats, of the policy that is trained (`tokenLogProbs`). */
  readonly logProbs: tf.Tensor;
  /** log pi_old(y_t): [...] float32, of the policy that wrote the tokens; a constant of the update. */
  readonly oldLogProbs: tf.Tensor;
  /** A_t: [...] float32; whitened ones keep the loss's scale (`whiten`). A constant of the update. */
  readonly advantages: tf.Tensor;
  /** m_t: [...] float32, 1 on tokens that the policy wrote, 0 on prompts and padding; other numbers weigh. */
  readonly mask: tf.Tensor;
}

/** The loss, and the figures by which a run is watched; scalars float32. */
export interface PolicyParts {
  readonly total: tf.Scalar;
  /** Share of tokens whose ratio is outside the clip range, 0..1. */
  readonly clipFraction: tf.Scalar;
  /**
   * Mean of r - 1 - log r, r = pi/pi_old: an unbiased estimate of KL(pi_old, pi), >= 0, in nats a token.
   * A run may end an iteration early by it.
   */
  readonly klToOld: tf.Scalar;
  /** Mean of r; 1 at the first minibatch. */
  readonly ratio: tf.Scalar;
}

/** Options of {@link policyLoss}. */
export interface PolicyOptions {
  /** c above 0: how far below 1 a ratio counts, and above it. Default 0.2. */
  readonly clip?: number;
  /** Another bound above: 1 + clipHigh. Default `clip`. */
  readonly clipHigh?: number;
}

/** Clip range of the ratio, as published for PPO. */
const CLIP = 0.2;

/**
 * PPO's clipped surrogate over tokens.
 *
 *     r_t = pi(y_t) / pi_old(y_t) = e^(logProbs_t - oldLogProbs_t)
 *     L = - sum_t m_t min( r_t A_t, clip(r_t, 1 - c, 1 + c) A_t ) / max(sum_t m_t, 1)
 *
 * @returns scalars float32; the caller disposes (or `tf.tidy`)
 * @throws FgamError `losses/bad-shape`; `losses/bad-option` for a clip range that is not above 0
 * @see Schulman et al. 2017 (arXiv 1707.06347), equation 7; paper section 3.3.3. `klToOld` is the k3 estimate
 * of Schulman's note on approximating KL divergence
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { policyLoss } from '@fgam/losses';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * // A token that became 1.5 times as likely: its advantage of 1 counts 1.2 times, not 1.5.
 * const { total } = policyLoss({
 *   logProbs: tf.tensor1d([Math.log(0.3)]),
 *   oldLogProbs: tf.tensor1d([Math.log(0.2)]),
 *   advantages: tf.tensor1d([1]),
 *   mask: tf.tensor1d([1]),
 * });
 * if (!(Math.abs(total.dataSync()[0]! + 1.2) < 1e-5)) throw new Error('expected -1.2');
 * ```
 */
export function policyLoss(inputs: PolicyInputs, options: PolicyOptions = {}): PolicyParts {
  const { logProbs, oldLogProbs, advantages, mask } = inputs;
  const { clip = CLIP, clipHigh = clip } = options;
  expectPositive('policyLoss: expected clip', clip);
  expectPositive('policyLoss: expected clipHigh', clipHigh);
  for (const [name, tensor] of Object.entries({ oldLogProbs, advantages, mask }))
    expectShape(
      `policyLoss: expected ${name} to match logProbs`,
      tensor,
      logProbs.shape,
      'give one entry a token',
    );
  // Where the mask is 0 nothing is known of either side: the ratio is 1 there, so that no overflow meets the 0.
  const change = tf.mul(tf.sub(logProbs, oldLogProbs), written(mask));
  const ratio = tf.exp(change);
  const clipped = tf.clipByValue(ratio, 1 - clip, 1 + clipHigh);
  const gains = tf.minimum(tf.mul(ratio, advantages), tf.mul(clipped, advantages));
  const outside = tf.logicalOr(tf.less(ratio, 1 - clip), tf.greater(ratio, 1 + clipHigh));
  return {
    total: tf.neg(maskedMean(gains, mask)),
    clipFraction: maskedMean(tf.cast(outside, 'float32'), mask),
    klToOld: maskedMean(tf.sub(tf.sub(ratio, 1), change), mask),
    ratio: maskedMean(ratio, mask),
  };
}

/** 1 where a token counts at all. */
function written(mask: tf.Tensor): tf.Tensor {
  return tf.cast(tf.notEqual(mask, 0), 'float32');
}

function expectPositive(what: string, value: number): void {
  if (!(Number.isFinite(value) && value > 0))
    throw new FgamError('losses/bad-option', `${what} > 0, got ${value}; 0.2 is usual`);
}
