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
 * @throws FgamError `models/bad-weights` where a weight or an input is missing
 * @example
 * ```ts
 * import { openFamily, pretrainedLogits } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * const tiny = { hidden_size: 8, intermediate_size: 8, num_hidden_layers: 2, num_attention_heads: 2 };
 * const vision_config = { ...tiny, image_size: 8, patch_size: 4 };
 * const text_config = { ...tiny, vocab_size: 20 };
 * const family = openFamily({ model_type: 'llava', image_token_index: 9, vision_config, text_config });
 * const weights = Object.fromEntries(
 *   family.weightSpecs.map(({ name, shape, init }) => [
 *     name,
 *     'value' in init ? tf.fill([...shape], init.value) : tf.randomNormal([...shape], 0, init.std),
 *   ]),
 * );
 * const row = (...ids: number[]) => tf.tensor2d([ids], undefined, 'int32');
 * // The four visual tokens of an image, then a word that is seen to change only what comes after it.
 * const run = (word: number) =>
 *   pretrainedLogits(family, weights, {
 *     pixels: tf.ones([1, 8, 8, 3]),
 *     ids: row(9, 9, 9, 9, word, 2),
 *     slots: row(1, 2, 3, 4, 0, 0),
 *     positions: row(0, 1, 2, 3, 4, 5),
 *   });
 * const logits = run(5);
 * const change = tf.unstack(tf.reshape(tf.max(tf.abs(tf.sub(logits, run(6))), -1), [6]));
 * if (logits.shape.join() !== '1,6,20') throw new Error(logits.shape.join());
 * if (change[3]!.dataSync()[0]! > 1e-6 || change[5]!.dataSync()[0]! === 0) throw new Error('not causal');
 * ```
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
 * @throws FgamError `models/bad-weights` where a weight or an input is missing
 * @example
 * ```ts
 * import { openFamily, pretrainedHidden } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * const tiny = { hidden_size: 8, intermediate_size: 8, num_hidden_layers: 2, num_attention_heads: 2 };
 * const vision_config = { ...tiny, image_size: 8, patch_size: 4 };
 * const text_config = { ...tiny, vocab_size: 20, initializer_range: 1 };
 * const family = openFamily({ model_type: 'llava', image_token_index: 9, vision_config, text_config });
 * const weights = Object.fromEntries(
 *   family.weightSpecs.map(({ name, shape, init }) => [
 *     name,
 *     'value' in init ? tf.fill([...shape], init.value) : tf.randomNormal([...shape], 0, init.std),
 *   ]),
 * );
 * const row = (...ids: number[]) => tf.tensor2d([ids], undefined, 'int32');
 * // A text without images: no pixels, and no token whose slot is a visual one.
 * const inputs = { ids: row(5, 6, 7), slots: row(0, 0, 0), positions: row(0, 1, 2) };
 * const hidden = pretrainedHidden(family, weights, inputs);
 * // The final norm, whose weight is new and 1, leaves a mean square of 1.
 * const [square = 0] = tf.mean(tf.square(hidden)).dataSync();
 * if (hidden.shape.join() !== '1,3,8' || Math.abs(square - 1) > 1e-3) throw new Error(String(square));
 * ```
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
