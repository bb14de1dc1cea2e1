import * as tf from '@tensorflow/tfjs-core';
import { crossEntropy } from './cross-entropy.js';
import { expectShape } from './expect-shape.js';
import { maskedMean } from './masked-mean.js';

/** Inputs of {@link tokenLoss}. Axes: any (usually B rows by T tokens), V vocabulary. */
export interface TokenInputs {
  /** [..., V] float32: entry t predicts `labels[t]`. */
  readonly logits: tf.Tensor;
  /** [...] int32, 0 .. V - 1; any valid id where the mask is 0. */
  readonly labels: tf.Tensor;
  /** m_t: [...] float32, 1 on tokens to be learnt, 0 on prompts and padding; other numbers weigh. */
  readonly mask: tf.Tensor;
  /**
   * Scalar float32 above 0 that the sum is divided by, in place of max(sum_t m_t, 1): of a batch that is taken
   * in n parts, the whole batch's max(sum_t m_t, 1) / n, so that the mean of the parts is the batch's loss.
   */
  readonly count?: tf.Tensor | undefined;
}

/**
 * Masked token cross-entropy: the loss of supervised fine-tuning, of the rectification module and of captioning.
 *
 *     L = - sum_t m_t log p(y_t | y_<t, image, prompt) / max(sum_t m_t, 1)
 *
 * The mean runs over the tokens of the whole batch, not over rows first: a long answer weighs as its tokens do.
 *
 * @returns scalar float32, in nats a token; 0 where all is masked; the caller disposes (or `tf.tidy`)
 * @throws FgamError `losses/bad-shape`
 * @see paper section 3.3.3; the mask of the prompt is the field's convention (LLaVA)
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { tokenLoss } from '@fgam/losses';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * // One row of three positions over a vocabulary of three; the last is padding.
 * const loss = tokenLoss({
 *   logits: tf.log(tf.tensor3d([[[1, 1, 2], [1, 3, 4], [9, 1, 1]]])),
 *   labels: tf.tensor2d([[2, 0, 0]], undefined, 'int32'),
 *   mask: tf.tensor2d([[1, 1, 0]]),
 * });
 * // p = 1/2 and 1/8: (log 2 + log 8) / 2 = log 4
 * if (!(Math.abs(loss.dataSync()[0]! - Math.log(4)) < 1e-6)) throw new Error('expected log 4');
 * ```
 */
export function tokenLoss({ logits, labels, mask, count }: TokenInputs): tf.Scalar {
  const rows = logits.shape.slice(0, -1);
  expectShape('tokenLoss: expected labels to be', labels, rows, 'give one label a position of logits');
  expectShape('tokenLoss: expected mask to be', mask, rows, 'give one entry a position of logits');
  const flat = tf.reshape(logits, [-1, logits.shape.at(-1) ?? 0]);
  const losses = crossEntropy(flat, tf.reshape(labels, [-1]));
  return maskedMean(losses, tf.reshape(mask, [-1]), count);
}
