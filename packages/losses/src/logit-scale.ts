import * as tf from '@tensorflow/tfjs-core';

/** Largest logit scale s, as in CLIP and open_clip; the smallest is 1. */
export const MAX_LOGIT_SCALE = 100;

/** What theta = log s starts at: ln(1 / 0.07), CLIP's temperature. */
export const INITIAL_LOG_SCALE = Math.log(1 / 0.07);

/**
 * The logit scale s = 1 / tau = exp(theta), held in [1, 100].
 *
 * A plain clamp has no gradient outside its range, so a theta that one optimizer step carried over the edge
 * would stay there for good. open_clip writes the clamped value back after each step; a pure function can't,
 * so here the gradient passes at the edge (and beyond it) exactly when a descent step would lead back inside.
 *
 * @param theta - scalar float32: the learnable log of s
 * @returns scalar float32; the caller disposes (or `tf.tidy`)
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { INITIAL_LOG_SCALE, logitScaleOf, MAX_LOGIT_SCALE } from '@fgam/losses';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * // CLIP starts at 1 / 0.07 = 14.286; e^-1 and e^9 are outside 1 .. 100.
 * const scales = [INITIAL_LOG_SCALE, -1, 9].map((theta) => logitScaleOf(tf.scalar(theta)).dataSync()[0]!);
 * const wanted = [14.286, 1, MAX_LOGIT_SCALE];
 * if (!wanted.every((each, i) => Math.abs(scales[i]! - each) < 1e-3)) throw new Error(scales.join());
 * ```
 */
export function logitScaleOf(theta: tf.Tensor): tf.Tensor {
  const top = Math.log(MAX_LOGIT_SCALE);
  const clamp = tf.customGrad((input, save) => {
    const x = input as tf.Tensor;
    (save as tf.GradSaveFunc)([x]);
    return {
      value: tf.clipByValue(x, 0, top),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [from] = saved as [tf.Tensor];
        const upwards = tf.logicalAnd(tf.greaterEqual(from, top), tf.less(dy, 0));
        const downwards = tf.logicalAnd(tf.lessEqual(from, 0), tf.greater(dy, 0));
        const outwards = tf.cast(tf.logicalOr(upwards, downwards), 'float32');
        return tf.mul(dy, tf.sub(1, outwards));
      },
    };
  });
  return tf.exp(clamp(theta));
}
