import type { TensorMap } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import { languageModel, tokenLogits } from '../blocks/language-model.js';
import type { LayerOptions } from '../blocks/layer.js';
import { splicedEmbeddings } from '../blocks/spliced-embeddings.js';
import { weightOf } from '../tensors.js';
import type { FamilyModel } from './family.js';

/** Inputs that are no image's. */
const OF_TEXTS: ReadonlySet<string> = new Set(['ids', 'slots', 'positions', 'labels', 'mask']);

/**
 * A checkpoint's model from prepared images and token ids to logits, all of it differentiable.
 *
 * Inputs: the processor's tensors of N images of one shape (`pixels` [N, S, S, 3] for LLaVA; left out where there are none) and those of
 * `answerBatch`: `ids`, `slots`, `positions` [B, T] int32. Rows are padded on the right, where causal attention sees nothing of it.
 *
 * @param family - of a `PretrainedModel`
 * @param weights - by the names of the blocks, adapters among them
 * @param inputs - see above
 * @param options - whether to `recompute` the language model's layers in the backward pass
 * @returns [B, T, V] float32: entry t predicts token t + 1
 */
export function pretrainedLogits(
  family: FamilyModel,
  weights: TensorMap,
  inputs: TensorMap,
  options: LayerOptions = {},
): tf.Tensor {
  const { config } = family;
  const images = Object.keys(inputs).filter((name) => !OF_TEXTS.has(name));
  const width = config.text_config.hidden_size;
  const visual =
    images.length === 0
      ? tf.zeros([1, width])
      : tf.reshape(weightOf(family.visual(weights, inputs), 'visual'), [-1, width]);
  const given = { ids: weightOf(inputs, 'ids'), slots: weightOf(inputs, 'slots'), visual };
  const embeddings = splicedEmbeddings(weights, given);
  const hidden = languageModel(
    weights,
    config,
    { embeddings, positions: weightOf(inputs, 'positions') },
    options,
  );
  return tokenLogits(weights, config, hidden);
}
