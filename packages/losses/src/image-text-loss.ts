import type * as tf from '@tensorflow/tfjs-core';
import { contrastiveLoss } from './contrastive.js';

/** Inputs of {@link imageTextLoss}. Axes: B images, D width. */
export interface ImageTextInputs {
  /** [B, D] float32, unit rows (`l2Normalize`). */
  readonly images: tf.Tensor;
  /** [B, D] float32, unit rows; row i is the caption of image i. */
  readonly texts: tf.Tensor;
  /** theta: scalar float32, the learnable log of the scale; starts at `INITIAL_LOG_SCALE`. */
  readonly logitScale: tf.Tensor;
  /** [B] float32 or bool, 1 for images with a caption. Default: all have one. */
  readonly mask?: tf.Tensor | undefined;
  /** [B] int32: equal captions share a number and are positives of each other. Default: none are. */
  readonly textGroups?: tf.Tensor | undefined;
}

/**
 * Global image-text contrastive loss: `regionTextLoss`'s form over whole images and their captions.
 *
 *     L = -1/(2B) sum_i [ log( e^(s v_i.t_i) / sum_j e^(s v_i.t_j) ) + log( e^(s t_i.v_i) / sum_j e^(s t_i.v_j) ) ]
 *
 * with s = exp(theta) held in [1, 100] (`logitScaleOf`).
 *
 * @returns scalar float32, mean over images with a caption, 0 where none has one; the caller disposes (or `tf.tidy`)
 * @throws FgamError `losses/bad-shape`
 * @see paper section 3.2.2 ("a CLIP-style loss applied to the full image and global caption")
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { imageTextLoss, l2Normalize } from '@fgam/losses';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * // Two images, each like its own caption alone, and a third without a caption.
 * const loss = imageTextLoss({
 *   images: l2Normalize(tf.tensor2d([[2, 0], [0, 5], [1, 1]])),
 *   texts: l2Normalize(tf.tensor2d([[1, 0], [0, 1], [0, 0]])),
 *   logitScale: tf.scalar(Math.log(2)),
 *   mask: tf.tensor1d([1, 1, 0]),
 * });
 * // s = 2: logits are 2 on the diagonal and 0 beside it, log(1 + e^-2) on both sides.
 * if (!(Math.abs(loss.dataSync()[0]! - 0.126928) < 1e-5)) throw new Error('expected 0.126928');
 * ```
 */
export function imageTextLoss(inputs: ImageTextInputs): tf.Scalar {
  return contrastiveLoss('imageTextLoss', 'images', inputs);
}
