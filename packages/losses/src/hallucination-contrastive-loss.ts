import * as tf from '@tensorflow/tfjs-core';
import { contrastiveLoss } from './contrastive.js';
import { FgamError } from './error.js';
import { expectShape } from './expect-shape.js';

/** Inputs of {@link hallucinationContrastiveLoss}. Axes: B images, N hallucinated captions, D width. */
export interface HallucinationContrastiveInputs {
  /**
   * v_i: [B, D] float32, unit rows: the language model's last hidden state at the EOS token after the image's
   * visual tokens, projected.
   */
  readonly images: tf.Tensor;
  /** t_i: [B, D] float32, unit rows: the same at the EOS token after caption i, without the image. */
  readonly texts: tf.Tensor;
  /** n_k: [N, D] float32, unit rows: captions that name what is not in their image. Default: none. */
  readonly hallucinated?: tf.Tensor | undefined;
  /** [N] float32 or bool, 1 for real rows. Default: all are real. */
  readonly hallucinatedMask?: tf.Tensor | undefined;
  /** theta: scalar float32, the learnable log of the scale; starts at `INITIAL_LOG_SCALE`. */
  readonly logitScale: tf.Tensor;
  /** [B] float32 or bool, 1 for images with a caption. Default: all have one. */
  readonly mask?: tf.Tensor | undefined;
  /** The loss that the contrast is added to: `tokenLoss` of the same batch's answers, a scalar float32. */
  readonly generation: tf.Tensor;
}

/** The sum and the unweighted terms that went into it. */
export interface HallucinationContrastiveParts {
  readonly total: tf.Scalar;
  readonly generation: tf.Scalar;
  readonly contrast: tf.Scalar;
}

/**
 * Hallucination augmented contrastive learning (HACL), the method that the paper compares with.
 *
 *     Contrast = -1/(2B) sum_i [ log( e^(s v_i.t_i) / (sum_j e^(s v_i.t_j) + sum_k e^(s v_i.n_k)) ) + log( e^(s t_i.v_i) / sum_j e^(s t_i.v_j) ) ]
 *     L = Generation + alpha Contrast
 *
 * Every image sees every hallucinated caption of the batch; the text side has no column for them, as none has an image.
 *
 * @param options - `alpha` >= 0; 0 keeps the contrast as a figure without a gradient. There is no default:
 * the authors' code reads it from a configuration that is not published with it
 * @returns scalars float32; the caller disposes (or `tf.tidy`)
 * @throws FgamError `losses/bad-shape`; `losses/bad-option` for an alpha that is no number >= 0
 * @see Jiang et al., Hallucination Augmented Contrastive Learning (CVPR 2024, arXiv 2312.06968) and its code
 * (X-PLUG/mPLUG-HalOwl, `hacl`). Departures: s is held in [1, 100] (`logitScaleOf`), theirs in [2, 1000] (a
 * temperature of 0.001 to 0.5); no queue of former batches, which their code has as an option
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { hallucinationContrastiveLoss } from '@fgam/losses';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const [images, logitScale] = [tf.tensor2d([[1, 0]]), tf.scalar(0)];
 * const hallucinated = tf.tensor2d([[0, 1]]);
 * const { total } = hallucinationContrastiveLoss(
 *   { images, texts: images, hallucinated, logitScale, generation: tf.scalar(2) },
 *   { alpha: 0.5 },
 * );
 * // The image against its caption and one wrong one: log(1 + e^-1) = 0.313262, half of it, half again, and 2.
 * if (!(Math.abs(total.dataSync()[0]! - 2.078315) < 1e-5)) throw new Error('expected 2.078315');
 * ```
 */
export function hallucinationContrastiveLoss(
  inputs: HallucinationContrastiveInputs,
  options: { readonly alpha: number },
): HallucinationContrastiveParts {
  const { generation, hallucinated, hallucinatedMask, ...pairs } = inputs;
  const { alpha } = options;
  if (!(Number.isFinite(alpha) && alpha >= 0))
    throw new FgamError(
      'losses/bad-option',
      `hallucinationContrastiveLoss: expected alpha >= 0, got ${alpha}`,
    );
  expectShape(
    'hallucinationContrastiveLoss: expected generation to be a scalar',
    generation,
    [],
    'reduce it first',
  );
  const contrast = contrastiveLoss('hallucinationContrastiveLoss', 'images', {
    ...pairs,
    negatives: hallucinated,
    negativeMask: hallucinatedMask,
  });
  const scalar = generation as tf.Scalar;
  return { total: tf.add(scalar, tf.mul(contrast, alpha)), generation: scalar, contrast };
}
