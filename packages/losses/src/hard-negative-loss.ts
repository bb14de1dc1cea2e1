import * as tf from '@tensorflow/tfjs-core';
import { biasOf } from './contrastive.js';
import { expectShape } from './expect-shape.js';
import { logSumExp } from './log-sum-exp.js';
import { logitScaleOf } from './logit-scale.js';

/** Inputs of {@link hardNegativeLoss}. Axes: B regions, K negatives of each, D width. */
export interface HardNegativeInputs {
  /** v_i: [B, D] float32, unit rows. */
  readonly regions: tf.Tensor;
  /** t_i: [B, D] float32, unit rows; the description of region i. */
  readonly texts: tf.Tensor;
  /** n_ik: [B, K, D] float32, unit rows; descriptions that are wrong for region i. */
  readonly negatives: tf.Tensor;
  /** theta: scalar float32. */
  readonly logitScale: tf.Tensor;
  /** [B] float32 or bool, 1 for real regions. Default: all are real. */
  readonly mask?: tf.Tensor | undefined;
  /** [B, K] float32 or bool, 1 for real negatives. Default: all are real. */
  readonly negativeMask?: tf.Tensor | undefined;
}

/**
 * Hard-negative loss: each region against its own wrong descriptions, as a term of its own.
 *
 *     L = -1/B sum_i log( e^(s v_i.t_i) / (e^(s v_i.t_i) + sum_k e^(s v_i.n_ik)) )
 *
 * with s = exp(theta) held in [1, 100] (`logitScaleOf`). B counts regions that are real and have a negative;
 * without any the loss is 0.
 *
 * @returns scalar float32; the caller disposes (or `tf.tidy`)
 * @throws FgamError `losses/bad-shape`
 * @see FG-CLIP's hard fine-grained negative term. `regionTextLoss`'s option `negatives` is the other form
 * (HACL), in which every region sees every negative of the batch. Not in the paper.
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { hardNegativeLoss } from '@fgam/losses';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * // s = 1. The right text has cosine 1 with the region, the two wrong ones 0 and -1.
 * const loss = hardNegativeLoss({
 *   regions: tf.tensor2d([[1, 0]]),
 *   texts: tf.tensor2d([[1, 0]]),
 *   negatives: tf.tensor3d([[[0, 1], [-1, 0]]]),
 *   logitScale: tf.scalar(0),
 * });
 * // -log( e / (e + 1 + 1/e) ) = log(1 + e^-1 + e^-2)
 * if (!(Math.abs(loss.dataSync()[0]! - 0.407606) < 1e-5)) throw new Error('expected 0.407606');
 * ```
 */
export function hardNegativeLoss(inputs: HardNegativeInputs): tf.Scalar {
  const { regions, texts, negatives, logitScale, mask, negativeMask } = inputs;
  const [count = 0, width = 0] = regions.shape;
  const each = negatives.shape[1] ?? 0;
  const name = 'hardNegativeLoss: expected';
  expectShape(`${name} regions to be`, regions, [-1, -1], 'give one row an embedding');
  expectShape(`${name} texts to match regions`, texts, [count, width], 'row i describes region i');
  expectShape(
    `${name} negatives to be`,
    negatives,
    [count, -1, width],
    'give K texts a region, padded and masked',
  );
  expectShape(`${name} logitScale to be a scalar`, logitScale, [], 'reshape it to []');
  if (mask) expectShape(`${name} mask to be`, mask, [count], 'give one entry a region');
  if (negativeMask)
    expectShape(`${name} negativeMask to be`, negativeMask, [count, each], 'give one entry a negative');

  const scale = logitScaleOf(logitScale);
  const right = tf.mul(tf.sum(tf.mul(regions, texts), 1, true), scale);
  const products = tf.matMul(negatives, tf.reshape(regions, [count, width, 1]));
  const scaled = tf.mul(tf.reshape(products, [count, each]), scale);
  const wrong = negativeMask ? tf.add(scaled, biasOf(negativeMask)) : scaled;
  const losses = tf.sub(logSumExp(tf.concat([right, wrong], 1), 1), tf.reshape(right, [count]));

  const real = mask ? tf.cast(mask, 'float32') : tf.ones([count]);
  const counted = negativeMask ? tf.mul(real, tf.max(tf.cast(negativeMask, 'float32'), 1)) : real;
  return tf.div(tf.sum(tf.mul(losses, counted)), tf.maximum(tf.sum(counted), 1));
}
