import type { TensorMap } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import { attention } from '../blocks/attention.js';
import { decoder } from '../blocks/decoder.js';
import { biasWhere, tokenEmbeddings, tokenLogits } from '../blocks/language-model.js';
import type { LanguageConfig } from '../config.js';
import type { Program } from '../generation/programs.js';
import { weightOf } from '../tensors.js';

/** Names of a layer's keys and values before and after what is read, as exports of Optimum have them. */
export const pastNames = (layer: number) =>
  ({
    past: { key: `past_key_values.${layer}.key`, value: `past_key_values.${layer}.value` },
    present: { key: `present.${layer}.key`, value: `present.${layer}.value` },
  }) as const;

/** `pixel_values` [B, 3, S, S] as programs here take pixels: [B, S, S, 3]. */
export function channelsLast(inputs: TensorMap): tf.Tensor {
  return tf.transpose(weightOf(inputs, 'pixel_values'), [0, 2, 3, 1]);
}

/** `input_ids` [B, T] int32 -> `inputs_embeds` [B, T, D] float32. */
export const embedTokens: Program = (weights, inputs) => ({
  inputs_embeds: tokenEmbeddings(weights, weightOf(inputs, 'input_ids')),
});

/**
 * Reads T tokens in each row after P that are in the cache, of whatever length.
 *
 * Inputs: `inputs_embeds` [B, T, D] float32 or `input_ids` [B, T] int32; `attention_mask` [B, P + T] int32, 0
 * where there is padding; `position_ids` [B, T] int32; `past_key_values.i.key`, `.value` [B, Hkv, P, d].
 * Outputs: `logits` [B, T, V] of what follows each token, `present.i.key`, `.value` [B, Hkv, P + T, d].
 */
export function mergedDecoder(config: LanguageConfig): Program {
  return (weights, inputs) => {
    const embeddings = inputs['inputs_embeds'] ?? tokenEmbeddings(weights, weightOf(inputs, 'input_ids'));
    const bias = maskBias(weightOf(inputs, 'attention_mask'), embeddings.shape[1] ?? 0);
    const present: Record<string, tf.Tensor> = {};
    const attend = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, layer: number): tf.Tensor => {
      const names = pastNames(layer);
      const keys = tf.concat([weightOf(inputs, names.past.key), k], 2);
      const values = tf.concat([weightOf(inputs, names.past.value), v], 2);
      present[names.present.key] = keys;
      present[names.present.value] = values;
      return attention(q, keys, values, bias);
    };
    const states = decoder(weights, config, embeddings, weightOf(inputs, 'position_ids'), attend);
    return { logits: tokenLogits(weights, config, states), ...present } satisfies TensorMap;
  };
}

/**
 * Additive mask [B, 1, T, P + T]: the last T tokens see those before them and themselves where `mask` [B, P +
 * T] is not 0. Made of the mask alone, as lengths are not known.
 */
function maskBias(mask: tf.Tensor, length: number): tf.Tensor {
  const [batch, total] = mask.shape as [number, number];
  const places = tf.cumsum(tf.onesLike(mask), 1);
  const own = tf.reshape(tf.slice(places, [0, total - length], [batch, length]), [batch, 1, length, 1]);
  const before = tf.lessEqual(tf.reshape(places, [batch, 1, 1, total]), own);
  const isText = tf.reshape(tf.notEqual(mask, tf.zerosLike(mask)), [batch, 1, 1, total]);
  return biasWhere(tf.logicalAnd(before, isText));
}
