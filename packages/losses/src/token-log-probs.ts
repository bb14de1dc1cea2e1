import * as tf from '@tensorflow/tfjs-core';
import { crossEntropy } from './cross-entropy.js';
import { expectShape } from './expect-shape.js';

/**
 * Log-probability of each token: what PPO, GRPO and DPO are computed from.
 *
 *     log p(y_t | y_<t, ...) = log softmax(logits_t)[y_t]
 *
 * @param logits - [..., V] float32: entry t predicts `labels[t]`
 * @param labels - [...] int32, 0 .. V - 1; any valid id where a mask will be 0
 * @returns [...] float32, in nats, <= 0; the caller disposes (or `tf.tidy`)
 * @throws FgamError `losses/bad-shape`
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { tokenLogProbs } from '@fgam/losses';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const logits = tf.log(tf.tensor3d([[[2, 2, 4], [1, 3, 4]]]));
 * const logProbs = tokenLogProbs(logits, tf.tensor2d([[2, 0]], undefined, 'int32'));
 * // p = 4/8 and 1/8, one row of two tokens.
 * const probabilities = Array.from(logProbs.dataSync(), (each) => Math.exp(each).toFixed(4));
 * if (logProbs.shape.join() !== '1,2' || probabilities.join() !== '0.5000,0.1250')
 *   throw new Error(probabilities.join());
 * ```
 */
export function tokenLogProbs(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  const rows = logits.shape.slice(0, -1);
  expectShape('tokenLogProbs: expected labels to be', labels, rows, 'give one label a position of logits');
  const flat = tf.reshape(logits, [-1, logits.shape.at(-1) ?? 0]);
  return tf.reshape(tf.neg(crossEntropy(flat, tf.reshape(labels, [-1]))), rows);
}
