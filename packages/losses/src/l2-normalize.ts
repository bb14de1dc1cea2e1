import * as tf from '@tensorflow/tfjs-core';

/**
 * x / |x| along one axis: what the contrastive losses expect of embeddings. A zero row stays
 * zero, with a finite gradient.
 *
 * @param x - float32 of any shape
 * @param axis - default the last
 * @returns float32 of x's shape; the caller disposes (or `tf.tidy`)
 */
export function l2Normalize(x: tf.Tensor, axis = -1): tf.Tensor {
  return tf.mul(x, tf.rsqrt(tf.add(tf.sum(tf.square(x), axis, true), 1e-12)));
}
