import * as tf from '@tensorflow/tfjs-core';
import { logSumExp } from './log-sum-exp.js';

/**
 * -log softmax(logits)[label], row by row: logsumexp(x) - x[label].
 *
 * @param logits - [M, C] float32
 * @param labels - [M] int32, 0 .. C - 1
 * @returns [M] float32
 */
export function crossEntropy(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  const classes = logits.shape[1] ?? 0;
  const chosen = tf.cast(tf.oneHot(labels, classes), 'float32');
  return tf.sub(logSumExp(logits, 1), tf.sum(tf.mul(logits, chosen), 1));
}
