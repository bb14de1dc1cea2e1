import * as tf from '@tensorflow/tfjs-core';
import { FgamError } from './error.js';
import { expectShape } from './expect-shape.js';
import { logSumExp } from './log-sum-exp.js';
import { maskedMean } from './masked-mean.js';

/** Inputs of {@link distillationLoss}. Axes: any (usually B rows by T tokens), V vocabulary. */
export interface DistillationInputs {
  /** z_S: [..., V] float32, of the student. */
  readonly logits: tf.Tensor;
  /** z_T: [..., V] float32, of the teacher at the same places of the same texts: a constant. */
  readonly teacherLogits: tf.Tensor;
  /** m_t: [...] float32, 1 where a token is to be learnt, 0 on prompts and padding; other numbers weigh. */
  readonly mask: tf.Tensor;
  /** As `tokenLoss` has it. */
  readonly count?: tf.Tensor | undefined;
}

/** Options of {@link distillationLoss}. */
export interface DistillationOptions {
  /**
   * tau above 0: of the two distributions; above 1 they are softer, so that the order of improbable
   * tokens counts more. Default 1.
   */
  readonly temperature?: number;
}

/**
 * Word-level distillation: how far a student's distribution of each token is from its teacher's.
 *
 *     L = tau^2 sum_t m_t KL(p_T,t || p_S,t) / max(sum_t m_t, 1),   p = softmax(z / tau)
 *
 * tau^2 keeps the size of the gradient, which falls as 1 / tau^2. Weigh it against `tokenLoss`, which has the
 * ground-truth tokens.
 *
 * @returns scalar float32, in nats a token at tau 1, 0 or more; 0 where all is masked; the
 * caller disposes (or `tf.tidy`)
 * @throws FgamError `losses/bad-shape`, `losses/bad-option` for a temperature that is not above 0
 * @see Hinton, Vinyals and Dean 2015 (arXiv 1503.02531), section 2, for temperature and tau^2; Kim and Rush
 * 2016 (arXiv 1606.07947), section 3.1, for the word level. The paper names a distilled rectification module
 * and gives no loss: it is ours to choose.
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { distillationLoss } from '@fgam/losses';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * // The student says (1/4, 3/4) where the teacher says (1/2, 1/2); the second token is padding.
 * const loss = distillationLoss({
 *   logits: tf.log(tf.tensor2d([[1, 3], [1, 1]])),
 *   teacherLogits: tf.log(tf.tensor2d([[1, 1], [9, 1]])),
 *   mask: tf.tensor1d([1, 0]),
 * });
 * // KL = 1/2 log(2) + 1/2 log(2/3) = 1/2 log(4/3)
 * if (!(Math.abs(loss.dataSync()[0]! - Math.log(4 / 3) / 2) < 1e-6)) throw new Error('expected 0.143841');
 * ```
 */
export function distillationLoss(
  { logits, teacherLogits, mask, count }: DistillationInputs,
  { temperature = 1 }: DistillationOptions = {},
): tf.Scalar {
  if (!(temperature > 0 && Number.isFinite(temperature)))
    throw new FgamError(
      'losses/bad-option',
      `distillationLoss: expected temperature > 0, got ${temperature}; 1 leaves the distributions as they are`,
    );
  const rows = logits.shape.slice(0, -1);
  expectShape(
    'distillationLoss: expected teacherLogits to match logits',
    teacherLogits,
    logits.shape,
    'teacher and student must share their vocabulary and read the same texts',
  );
  expectShape('distillationLoss: expected mask to be', mask, rows, 'give one entry a position of logits');
  const flat = (x: tf.Tensor): tf.Tensor => tf.mul(tf.reshape(x, [-1, x.shape.at(-1) ?? 0]), 1 / temperature);
  const logProbs = (x: tf.Tensor): tf.Tensor => tf.sub(x, tf.expandDims(logSumExp(x, 1), 1));
  const student = logProbs(flat(logits));
  const teacher = logProbs(flat(teacherLogits));
  const divergence = tf.sum(tf.mul(tf.exp(teacher), tf.sub(teacher, student)), 1);
  return tf.mul(maskedMean(divergence, tf.reshape(mask, [-1]), count), temperature ** 2);
}
