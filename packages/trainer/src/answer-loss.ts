import type { LossProgram } from '@fgam/compile';
import { tokenLoss } from '@fgam/losses';
import { type FamilyModel, type LayerOptions, pretrainedLogits } from '@fgam/models';
import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * The loss of supervised fine-tuning for a checkpoint of the Hugging Face hub: cross-entropy of the answers'
 * tokens alone, a mean over those of the batch, as transformers computes it. Its inputs are those of
 * `pretrainedLogits` and `answerBatch`.
 *
 * @param family - of a `PretrainedModel`
 * @param options - whether layers are computed again in the backward pass, and which weights are trained
 * @see DESIGN equation 4; paper section 3.3.3
 */
export function answerLoss(family: FamilyModel, options: LayerOptions = {}): LossProgram {
  return (weights, inputs) => ({
    total: tokenLoss({
      logits: pretrainedLogits(family, weights, inputs, options),
      labels: inputs['labels'] as Tensor,
      mask: inputs['mask'] as Tensor,
    }),
  });
}
