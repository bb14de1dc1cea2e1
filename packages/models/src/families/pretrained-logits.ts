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
 * A checkpoint's model from prepared images and token ids to logits, all of it differentiable:
 * {@link pretrainedHidden}, and the head.
 *
 * @returns [B, T, V] float32: entry t predicts token t + 1
 */
export function pretrainedLogits(
  family: FamilyModel,
  weights: TensorMap,
  inputs: TensorMap,
  options: LayerOptions = {},
): tf.Tensor {
  return tokenLogits(weights, family.config, pretrainedHidden(family, weights, inputs, options));
}

/**
 * A checkpoint's model from prepared images and token ids to the last hidden states, normalised,
 * all of it differentiable.
 *
 * Inputs: those of `imageBatch` (`pixels` [N, S, S, 3] for LLaVA; none where there are no images) and those
 * of `answerBatch`: `ids`, `slots` [B, T] int32, `positions` [B, T] int32, or [B, T, 3] for Qwen2-VL. Rows
 * are padded on the right, where causal attention sees nothing of it.
 *
 * @param family - of a `PretrainedModel`
 * @param weights - by the names of the blocks, adapters among them
 * @param inputs - see above
 * @param options - whether to `recompute` layers in the backward pass, and which weights are trained
 * @returns [B, T, D] float32
 */
export function pretrainedHidden(
  family: FamilyModel,
  weights: TensorMap,
  inputs: TensorMap,
  options: LayerOptions = {},
): tf.Tensor {
  const { config } = family;
  const width = config.text_config.hidden_size;
  const seen = imageGroups(inputs).map((images) =>
    tf.reshape(visualTokens(family, weights, images, options), [-1, width]),
  );
  const [first = tf.zeros([1, width]), ...others] = seen;
  const visual = others.length === 0 ? first : tf.concat([first, ...others], 0);
  const given = { ids: weightOf(inputs, 'ids'), slots: weightOf(inputs, 'slots'), visual };
  const embeddings = splicedEmbeddings(weights, given);
  return languageModel(weights, config, { embeddings, positions: weightOf(inputs, 'positions') }, options);
}

/** The images' inputs, those of the same shapes together, in the order of their numbers. */
function imageGroups(inputs: TensorMap): TensorMap[] {
  const groups = new Map<number, Record<string, tf.Tensor>>();
  for (const [name, tensor] of Object.entries(inputs)) {
    if (OF_TEXTS.has(name)) continue;
    const [, number = '0', own = name] = /^(\d+)\/(.*)$/.exec(name) ?? [];
    groups.set(Number(number), { ...groups.get(Number(number)), [own]: tensor });
  }
  return [...groups].sort(([a], [b]) => a - b).map(([, group]) => group);
}

function visualTokens(
  family: FamilyModel,
  weights: TensorMap,
  images: TensorMap,
  options: LayerOptions,
): tf.Tensor {
  const features = weightOf(family.visual(weights, images, options), 'visual');
  if (family.instruction === undefined) return features;
  const asked = { instruction: weightOf(images, 'instruction'), mask: weightOf(images, 'instructionMask') };
  return weightOf(family.instruction.read(weights, { features, ...asked }), 'visual');
}
