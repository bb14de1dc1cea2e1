import type { LossProgram } from '@fgam/compile';
import { tokenLoss } from '@fgam/losses';
import { type FamilyModel, type GlobalEmbeddingOptions, pretrainedLogits } from '@fgam/models';
import { trainerError } from './error.js';
import { haclContrast } from './hacl-contrast.js';
import { need } from './tensors.js';

/** Options of {@link haclLoss}. */
export interface HaclLossOptions extends GlobalEmbeddingOptions {
  /**
   * alpha: what the contrast counts beside the answers' cross-entropy. There is no default, as
   * the authors' code has none.
   */
  readonly alpha: number;
}

/**
 * HACL for a checkpoint of the Hugging Face hub: `answerLoss` and alpha times the contrast of images and
 * captions as the language model sees them, with hallucinated captions as hard negatives. For LLaVA,
 * MiniGPT-4 and BLIP-2, whose visual tokens depend on the image alone.
 *
 * Its weights are the model's and those of `createHaclWeights`; its inputs those of `answerBatch` and of
 * `captionBatch`, with the processor's tensors of one image a caption, in order.
 *
 * @param family - of a `PretrainedModel`
 * @returns a program with the parts `tokens`, `hacl` and `haclLogitScale`
 * @throws FgamError `trainer/bad-config` for another family
 * @see Jiang et al., Hallucination Augmented Contrastive Learning (CVPR 2024, arXiv 2312.06968)
 */
export function haclLoss(family: FamilyModel, { alpha, ...options }: HaclLossOptions): LossProgram {
  const { config, instruction, modelType } = family;
  if (instruction !== undefined || config.text_config.mrope_section !== undefined)
    throw trainerError(
      'trainer/bad-config',
      `haclLoss: expected a family whose visual tokens are one row of the image's own (llava, minigpt4, blip-2), got ${modelType}`,
    );
  return (weights, inputs) => {
    const seen = family.visual(weights, { pixels: need(inputs, 'pixels') });
    const once = { ...family, visual: () => seen };
    const tokens = tokenLoss({
      logits: pretrainedLogits(once, weights, inputs, options),
      labels: need(inputs, 'labels'),
      mask: need(inputs, 'mask'),
    });
    const read = { ...options, visual: need(seen, 'visual'), generation: tokens, alpha };
    return { ...haclContrast(weights, config, inputs, read), tokens };
  };
}
