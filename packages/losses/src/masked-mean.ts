import * as tf from '@tensorflow/tfjs-core';

/**
 * sum_t m_t x_t / max(sum_t m_t, 1), over all axes.
 *
 * @param x - float32
 * @param mask - x's shape
 * @param count - scalar above 0: divides in place of max(sum_t m_t, 1)
 * @returns scalar float32; 0 where all is masked
 */
export function maskedMean(x: tf.Tensor, mask: tf.Tensor, count?: tf.Tensor): tf.Scalar {
  const weights = tf.cast(mask, 'float32');
  return tf.div(tf.sum(tf.mul(x, weights)), count ?? tf.maximum(tf.sum(weights), 1));
}
