import * as tf from '@tensorflow/tfjs-core';
import { crossEntropy } from './cross-entropy.js';
import { expectShape } from './expect-shape.js';

/**
 * Log-probability of each token, log p(y_t | y_<t, ...): what PPO, GRPO and DPO are computed from.
 *
 * @param logits - [..., V] float32: entry t predicts `labels[t]`
 * @param labels - [...] int32, 0 .. V - 1; any valid id where a mask will be 0
 * @returns [...] float32, in nats, <= 0; the caller disposes (or `tf.tidy`)
 * @throws FgamError `losses/bad-shape`
 */
export function tokenLogProbs(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  const rows = logits.shape.slice(0, -1);
  expectShape('tokenLogProbs: expected labels to be', labels, rows, 'give one label a position of logits');
  const flat = tf.reshape(logits, [-1, logits.shape.at(-1) ?? 0]);
  return tf.reshape(tf.neg(crossEntropy(flat, tf.reshape(labels, [-1]))), rows);
}
