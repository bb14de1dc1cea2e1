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
 * @returns scalar float32, mean over images with a caption, 0 where none has one; the caller disposes (or `tf.tidy`)
 * @throws FgamError `losses/bad-shape`
 * @see paper section 3.2.2 ("a CLIP-style loss applied to the full image and global caption")
 */
export function imageTextLoss(inputs: ImageTextInputs): tf.Scalar {
  return contrastiveLoss('imageTextLoss', 'images', inputs);
}
