import type * as tf from '@tensorflow/tfjs-core';
import { contrastiveLoss } from './contrastive.js';

/** Inputs of {@link regionTextLoss}. Axes: B region-text pairs of a batch (of all its images), D width, N negatives. */
export interface RegionTextInputs {
  /** v_i: [B, D] float32, unit rows (`l2Normalize`). */
  readonly regions: tf.Tensor;
  /** t_i: [B, D] float32, unit rows; row i describes region i. */
  readonly texts: tf.Tensor;
  /** theta: scalar float32, the learnable log of the scale; starts at `INITIAL_LOG_SCALE`. */
  readonly logitScale: tf.Tensor;
  /**
   * [B] float32 or bool, 1 for real pairs: a padded pair is in no numerator, denominator or
   * mean. Default: all are real.
   */
  readonly mask?: tf.Tensor | undefined;
  /**
   * [B] int32: pairs whose descriptions are the same share a number and are positives of each
   * other. Default: none are.
   */
  readonly textGroups?: tf.Tensor | undefined;
  /** [N, D] float32, unit rows: hard-negative texts, extra columns of every region's side. Default: none. */
  readonly negatives?: tf.Tensor | undefined;
  /** [N] float32 or bool, 1 for real negatives. Default: all are real. */
  readonly negativeMask?: tf.Tensor | undefined;
  /** [N] int32, numbered as `textGroups`: a negative that equals a region's own description is none for that region. */
  readonly negativeGroups?: tf.Tensor | undefined;
}

/**
 * Region-text contrastive loss (RTCL): symmetric InfoNCE over the region-text pairs of a batch.
 *
 *     L = -1/(2B) sum_i [ log( e^(s v_i.t_i) / sum_j e^(s v_i.t_j) ) + log( e^(s t_i.v_i) / sum_j e^(s t_i.v_j) ) ]
 *
 * with s = exp(theta) held in [1, 100] (see `logitScaleOf`). B counts real pairs; a batch without any has loss 0.
 *
 * With `textGroups`, -log p_ii becomes the mean of -log p_ij over the positives j of i (the cross-entropy to
 * a uniform target over them): without it, two texts of one meaning push each other's region away. Where all
 * texts of a group have one embedding, as the same words read by the same tower have, the sum over i is the
 * same with it and without. With `negatives`, the first sum over j also runs over the N hard-negative texts;
 * the text side has no column for them, as they have no region.
 *
 * @returns scalar float32, mean over real pairs; the caller disposes (or `tf.tidy`)
 * @throws FgamError `losses/bad-shape`; `losses/bad-option` for `negativeMask` or `negativeGroups` without
 * `negatives`, or `negativeGroups` without `textGroups`
 * @see paper section 3.2.2. The clamp of s is open_clip's; `textGroups` follows RegionCLIP and UniCL;
 * `negatives` follow HACL, where hallucinated captions are columns of the image-to-text side. The
 * paper has none of the three.
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { l2Normalize, regionTextLoss } from '@fgam/losses';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const regions = l2Normalize(tf.tensor2d([[1, 0], [0, 1]]));
 * const loss = regionTextLoss({ regions, texts: regions, logitScale: tf.scalar(0) });
 * // Logits are the identity: -log(e / (e + 1)) on both sides.
 * if (!(Math.abs(loss.dataSync()[0]! - 0.313262) < 1e-5)) throw new Error('expected 0.313262');
 * ```
 */
export function regionTextLoss(inputs: RegionTextInputs): tf.Scalar {
  const { regions, ...rest } = inputs;
  return contrastiveLoss('regionTextLoss', 'regions', { images: regions, ...rest });
}
