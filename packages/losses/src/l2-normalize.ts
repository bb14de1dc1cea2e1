import * as tf from '@tensorflow/tfjs-core';

/** Keeps the gradient finite where a row is zero. */
const EPSILON = 1e-12;

/**
 * x / sqrt(|x|^2 + 1e-12) along one axis: unit rows, as the contrastive losses expect of embeddings. A zero row
 * stays zero, with a finite gradient.
 *
 * @param x - float32 of any shape
 * @param axis - default the last
 * @returns float32 of x's shape; the caller disposes (or `tf.tidy`)
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { l2Normalize } from '@fgam/losses';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * // [3, 4] has length 5.
 * const unit = l2Normalize(tf.tensor2d([[3, 4], [0, 0]]));
 * const rounded = Array.from(unit.dataSync(), (each) => each.toFixed(3));
 * if (rounded.join() !== '0.600,0.800,0.000,0.000') throw new Error(rounded.join());
 * ```
 */
export function l2Normalize(x: tf.Tensor, axis = -1): tf.Tensor {
  return tf.mul(x, tf.rsqrt(tf.add(tf.sum(tf.square(x), axis, true), EPSILON)));
}
