import { cachedAttention, type TensorMap } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import { attention, attentionOver, attentionScores } from '../blocks/attention.js';
import { connector } from '../blocks/connector.js';
import { prefixBias, prefixPositions } from '../blocks/conversation-logits.js';
import { decoder, decoderStep, headWidth } from '../blocks/decoder.js';
import { biasWhere, causalBias, tokenEmbeddings, tokenLogits } from '../blocks/language-model.js';
import { rotaryTable } from '../blocks/rotary.js';
import { splicedEmbeddings } from '../blocks/spliced-embeddings.js';
import { visionTower } from '../blocks/vision-tower.js';
import type { LanguageConfig, ModelConfig } from '../config.js';
import { weightOf } from '../tensors.js';

/** A pure program over named tensors, eager or captured. */
export type Program = (weights: TensorMap, inputs: TensorMap) => TensorMap;

/** Names of a layer's cached keys and values among a program's inputs and outputs. */
export const cacheNames = (layer: number): { readonly key: string; readonly value: string } => ({
  key: `key.${layer}`,
  value: `value.${layer}`,
});

/**
 * From pixels to the keys and values of the visual prefix: all of an image that later tokens look at.
 *
 * Inputs: `pixels` [B, S, S, 3]. Outputs: `key.i`, `value.i` [B, Hkv, M, d] for each layer.
 */
export function prefixProgram(config: ModelConfig): Program {
  return (weights, inputs) =>
    prefixOfTokens(config)(weights, { tokens: visionTower(weights, config, weightOf(inputs, 'pixels')) });
}

/** As {@link prefixProgram}, from the vision tower's `tokens` [B, N, Dv] in place of pixels. */
export function prefixOfTokens(config: ModelConfig): Program {
  return (weights, inputs) => {
    const visual = connector(weights, config, weightOf(inputs, 'tokens'));
    const [batch, length] = visual.shape as [number, number];
    const bias = prefixBias(config, length);
    const cache: Record<string, tf.Tensor> = {};
    decoder(weights, config, visual, prefixPositions(batch, length), (q, k, v, layer) => {
      const names = cacheNames(layer);
      cache[names.key] = k;
      cache[names.value] = v;
      return attention(q, k, v, bias);
    });
    return cache;
  };
}

/**
 * Reads T tokens in each row after N that are in the cache.
 *
 * Inputs: `ids` [B, T] int32; `positions` as the decoder has them; `slots` and `visual` of
 * {@link splicedEmbeddings} where some stand for visual tokens; `picks` [P] int32: tokens, counted over all
 * rows, after which the next one is wanted; for N > 0 `key.i`, `value.i` [B, Hkv, N, d] and, where not all N
 * are a row's own, `lengths` [B] int32, how many are. Outputs: those of {@link nextTokens}, `key.i`,
 * `value.i` [B, Hkv, T, d] of what was read. Rows are padded on the right, where causality hides the padding.
 */
export function readProgram(config: LanguageConfig): Program {
  return (weights, inputs) => {
    const embeddings =
      inputs['slots'] === undefined
        ? tokenEmbeddings(weights, weightOf(inputs, 'ids'))
        : splicedEmbeddings(weights, inputs);
    const causal = causalBias(embeddings.shape[1] ?? 0);
    const { lengths } = inputs;
    const filled = lengths && filledBias(lengths, weightOf(inputs, cacheNames(0).key).shape[2] ?? 0);
    const cache: Record<string, tf.Tensor> = {};
    const states = decoder(weights, config, embeddings, weightOf(inputs, 'positions'), (q, k, v, layer) => {
      const names = cacheNames(layer);
      cache[names.key] = k;
      cache[names.value] = v;
      const [before, values] = [inputs[names.key], inputs[names.value]];
      if (before === undefined || values === undefined) return attention(q, k, v, causal);
      const scores = attentionScores(q, before);
      return attentionOver([
        { scores: filled === undefined ? scores : tf.add(scores, filled), v: values },
        { scores: tf.add(attentionScores(q, k), causal), v },
      ]);
    });
    const rows = tf.reshape(states, [-1, config.text_config.hidden_size]);
    return { ...cache, ...nextTokens(weights, config, tf.gather(rows, weightOf(inputs, 'picks'))) };
  };
}

/**
 * Reads one more token in each row.
 *
 * Inputs: `ids` [B] int32, `lengths` [B] int32 (tokens of the row in the cache, visual ones too),
 * `positions` [B] int32 of the new tokens (where left out they are the lengths), `key.i`, `value.i` [B,
 * Hkv, C, d]. Outputs: those of {@link nextTokens}, `key.i`, `value.i` with the new token, which may be
 * written over the inputs.
 */
export function stepProgram(config: LanguageConfig): Program {
  return (weights, inputs) => {
    const lengths = weightOf(inputs, 'lengths');
    const { positions } = inputs;
    const places = positions === undefined ? { lengths } : { lengths, positions };
    const capacity = weightOf(inputs, cacheNames(0).key).shape[2] ?? 0;
    const angles = rotaryTable(capacity, headWidth(config), config.text_config.rope_theta);
    const cache: Record<string, tf.Tensor> = {};
    const embeddings = tokenEmbeddings(weights, weightOf(inputs, 'ids'));
    const state = decoderStep(weights, config, embeddings, (qkv, layer) => {
      const names = cacheNames(layer);
      const [keys, values] = [weightOf(inputs, names.key), weightOf(inputs, names.value)];
      const attended = cachedAttention({ qkv, keys, values, ...places, ...angles });
      cache[names.key] = attended.keys;
      cache[names.value] = attended.values;
      return attended.mixed;
    });
    return { ...cache, ...nextTokens(weights, config, state) };
  };
}

/** Hides what lies in a cache of so many places behind each row's own: [B] int32 -> [B, 1, 1, C]. */
function filledBias(lengths: tf.Tensor, capacity: number): tf.Tensor {
  const seen = tf.less(tf.range(0, capacity, 1, 'int32'), tf.reshape(lengths, [-1, 1]));
  return tf.reshape(biasWhere(seen), [-1, 1, 1, capacity]);
}

/**
 * What may follow states [N, D]: `logprobs` [N, V] float32 and `best` [N] int32, the token of the largest
 * logit, the first of equals.
 */
function nextTokens(weights: TensorMap, config: LanguageConfig, states: tf.Tensor): TensorMap {
  const logits = tokenLogits(weights, config, states);
  return { logprobs: tf.logSoftmax(logits), best: tf.argMax(logits, -1) };
}
