import type { LossProgram } from '@fgam/compile';
import { tokenLoss } from '@fgam/losses';
import { type FamilyModel, type GlobalEmbeddingOptions, pretrainedLogits } from '@fgam/models';
import { trainerError } from './error.js';
import { haclContrast } from './hacl-contrast.js';
import { TOKEN_COUNT } from './step.js';
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
 *     total = tokens + alpha hacl
 *
 * with `tokenLoss` of the answers and the contrast of `hallucinationContrastiveLoss`.
 *
 * Its weights are the model's and those of `createHaclWeights`; its inputs those of `answerBatch` and of
 * `captionBatch`, with the processor's tensors of one image a caption, in order.
 *
 * @param family - of a `PretrainedModel`
 * @returns a program with `total` and the unweighted parts `tokens`, `hacl` and `haclLogitScale`,
 * scalars float32
 * @throws FgamError `trainer/bad-config` for another family
 * @see Jiang et al., Hallucination Augmented Contrastive Learning (CVPR 2024, arXiv 2312.06968)
 * @example
 * ```ts
 * import { createFunction } from '@fgam/compile';
 * import { float32Input } from '@fgam/data';
 * import { answerBatch, createHaclWeights, openFamily } from '@fgam/models';
 * import { captionBatch, haclLoss } from '@fgam/trainer';
 *
 * // loadPretrained gives family and weights of a checkpoint. Here a LLaVA of 16 tokens whose weights are 0.
 * const side = { hidden_size: 8, intermediate_size: 8, num_hidden_layers: 1, num_attention_heads: 1 };
 * const family = openFamily({
 *   model_type: 'llava',
 *   image_token_index: 9,
 *   vision_feature_layer: -1,
 *   vision_config: { image_size: 8, patch_size: 4, ...side },
 *   text_config: { vocab_size: 16, ...side },
 * });
 * const zeros = family.weightSpecs.map(({ name, shape }) => [name, float32Input(shape)] as const);
 * const weights = Object.fromEntries(zeros);
 * const loss = createFunction(haclLoss(family, { alpha: 0.5, endId: 2 }), {
 *   weights: { ...weights, ...createHaclWeights(family.config, { embedDim: 4 }) },
 * });
 * const { total, tokens, hacl } = await loss.run({
 *   pixels: float32Input([1, 8, 8, 3]),
 *   ...answerBatch([{ promptIds: [1, 9, 9, 9, 9, 3], answerIds: [5, 2] }], family),
 *   ...captionBatch([{ captionIds: [5, 6], wrongCaptionIds: [[7, 6]] }]),
 * });
 * // Nothing is told apart: one token of 16; of both captions one, and of one image that one.
 * const contrast = (Math.log(2) + Math.log(1)) / 2;
 * if (!(Math.abs(tokens!.data[0]! - Math.log(16)) < 1e-5)) throw new Error('expected log 16');
 * if (!(Math.abs(hacl!.data[0]! - contrast) < 1e-5)) throw new Error('expected log 2 / 2');
 * const sum = Math.log(16) + 0.5 * contrast;
 * if (!(Math.abs(total!.data[0]! - sum) < 1e-5)) throw new Error('expected the sum');
 * await loss.dispose();
 * ```
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
      count: inputs[TOKEN_COUNT],
    });
    const read = { ...options, visual: need(seen, 'visual'), generation: tokens, alpha };
    return { ...haclContrast(weights, config, inputs, read), tokens };
  };
}
