import type { TensorMap } from '@fgam/compile';
import { hallucinationContrastiveLoss, logitScaleOf } from '@fgam/losses';
import {
  type GlobalEmbeddingOptions,
  globalImageEmbeddings,
  globalTextEmbeddings,
  type LanguageConfig,
} from '@fgam/models';
import * as tf from '@tensorflow/tfjs-core';
import { need, rowsOf } from './tensors.js';

/** What {@link haclContrast} adds to, and how. */
export interface HaclContrastOptions extends GlobalEmbeddingOptions {
  /** Visual tokens [B, M, D] of the images. */
  readonly visual: tf.Tensor;
  /** The rest of the loss, a scalar. */
  readonly generation: tf.Tensor;
  readonly alpha: number;
  /** Visual tokens see each other both ways. */
  readonly isBidirectional?: boolean;
}

/** A loss with HACL's contrast, as the parts of a loss program: `total`, and the unweighted contrast as `hacl`. */
export function haclContrast(
  weights: TensorMap,
  config: LanguageConfig,
  inputs: TensorMap,
  { visual, generation, alpha, isBidirectional = false, ...read }: HaclContrastOptions,
): Record<'total' | 'hacl' | 'haclLogitScale', tf.Tensor> {
  const embed = (ids: string, mask: string): tf.Tensor =>
    globalTextEmbeddings(weights, config, rowsOf(need(inputs, ids)), rowsOf(need(inputs, mask)), read);
  const logitScale = need(weights, 'fgam.hacl_logit_scale');
  const { total, contrast } = hallucinationContrastiveLoss(
    {
      images: globalImageEmbeddings(weights, config, visual, { ...read, isBidirectional }),
      texts: embed('captionIds', 'captionMask'),
      hallucinated: embed('wrongCaptionIds', 'wrongCaptionTextMask'),
      hallucinatedMask: tf.reshape(need(inputs, 'wrongCaptionMask'), [-1]),
      logitScale,
      mask: need(inputs, 'hasCaption'),
      generation,
    },
    { alpha },
  );
  return { total, hacl: contrast, haclLogitScale: logitScaleOf(logitScale) };
}
