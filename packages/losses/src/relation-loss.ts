import * as tf from '@tensorflow/tfjs-core';
import { crossEntropy } from './cross-entropy.js';
import { expectShape } from './expect-shape.js';

/** Inputs of {@link relationLoss}. Axes: any (pairs, or images by regions by regions), C relation classes. */
export interface RelationInputs {
  /** g([v_i; v_j]): [..., C] float32, unnormalised. */
  readonly logits: tf.Tensor;
  /** r_ij: [...] int32, 0 .. C - 1; -1 where masked (no clear relation, a padded region, i = j). */
  readonly labels: tf.Tensor;
}

/**
 * Spatial consistency constraint (SCC): the cross-entropy of the relation predicted from two region
 * embeddings against the relation of their boxes, over ordered pairs of one image.
 *
 *     L = 1/|P| sum over (i, j) in P of CE( g([v_i; v_j]), r_ij )
 *
 * P holds the pairs with a label; where it is empty the loss is 0. The relation head g is the model's
 * (`relationLogits` of `@fgam/models`).
 *
 * @returns scalar float32, mean over labelled pairs; the caller disposes (or `tf.tidy`)
 * @throws FgamError `losses/bad-shape`
 * @see paper section 3.2.3. The text we have lacks the formula's sum; the mean over P is ours, so that the
 * weight of the term does not depend on the number of regions.
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { relationLoss } from '@fgam/losses';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const labels = tf.tensor1d([6, -1], 'int32');
 * const loss = relationLoss({ logits: tf.zeros([2, 7]), labels });
 * if (!(Math.abs(loss.dataSync()[0]! - Math.log(7)) < 1e-5)) throw new Error('expected ln 7');
 * ```
 */
export function relationLoss({ logits, labels }: RelationInputs): tf.Scalar {
  const classes = logits.shape.at(-1) ?? 0;
  const then = 'give one label a pair, -1 where there is none';
  expectShape('relationLoss: expected labels to be', labels, logits.shape.slice(0, -1), then);
  const flat = tf.reshape(labels, [-1]);
  const present = tf.cast(tf.greaterEqual(flat, 0), 'float32');
  const losses = crossEntropy(tf.reshape(logits, [-1, classes]), tf.maximum(flat, tf.zerosLike(flat)));
  return tf.div(tf.sum(tf.mul(losses, present)), tf.maximum(tf.sum(present), 1));
}
