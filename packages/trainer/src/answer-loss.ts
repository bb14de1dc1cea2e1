import type { LossProgram } from '@fgam/compile';
import { tokenLoss } from '@fgam/losses';
import { type FamilyModel, type LayerOptions, pretrainedLogits } from '@fgam/models';
import type { Tensor } from '@tensorflow/tfjs-core';
import { TOKEN_COUNT } from './step.js';

/**
 * The loss of supervised fine-tuning for a checkpoint of the Hugging Face hub: cross-entropy of the answers'
 * tokens alone, a mean over those of the batch, as transformers computes it. Its inputs are those of
 * `pretrainedLogits` and `answerBatch`.
 *
 *     total = - sum_t m_t log p(y_t | y_<t, image, prompt) / max(sum_t m_t, 1)
 *
 * @param family - of a `PretrainedModel`
 * @param options - whether layers are computed again in the backward pass, and which weights are trained
 * @returns a program with `total`, a scalar float32 in nats a token
 * @see paper section 3.3.3, equation 4 in docs/paper-map.md
 * @example
 * ```ts
 * import { createFunction } from '@fgam/compile';
 * import { float32Input } from '@fgam/data';
 * import { answerBatch, openFamily } from '@fgam/models';
 * import { answerLoss } from '@fgam/trainer';
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
 * const loss = createFunction(answerLoss(family), { weights });
 * // 8 / 4 patches a side: four visual tokens in the prompt.
 * const { total } = await loss.run({
 *   pixels: float32Input([1, 8, 8, 3]),
 *   ...answerBatch([{ promptIds: [1, 9, 9, 9, 9, 3], answerIds: [5, 2] }], family),
 * });
 * // All tokens are equally likely.
 * if (!(Math.abs(total!.data[0]! - Math.log(16)) < 1e-5)) throw new Error('expected log 16');
 * await loss.dispose();
 * ```
 */
export function answerLoss(family: FamilyModel, options: LayerOptions = {}): LossProgram {
  return (weights, inputs) => ({
    total: tokenLoss({
      logits: pretrainedLogits(family, weights, inputs, options),
      labels: inputs['labels'] as Tensor,
      mask: inputs['mask'] as Tensor,
      count: inputs[TOKEN_COUNT],
    }),
  });
}
