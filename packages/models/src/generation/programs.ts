import type { TensorMap } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import { attention, attentionOver, attentionScores } from '../blocks/attention.js';
import { connector } from '../blocks/connector.js';
import { prefixBias, prefixPositions } from '../blocks/conversation-logits.js';
import { decoder } from '../blocks/decoder.js';
import { biasWhere, causalBias, tokenEmbeddings, tokenLogits } from '../blocks/language-model.js';
import { visionTower } from '../blocks/vision-tower.js';
import type { ModelConfig } from '../config.js';
import { weightOf } from '../tensors.js';
import { visionGrid } from '../vision-grid.js';

/** A pure program over named tensors, eager or captured. */
export type Program = (weights: TensorMap, inputs: TensorMap) => TensorMap;

/** Names of a layer's cached keys and values among a program's inputs and outputs. */
export const cacheNames = (layer: number): { readonly key: string; readonly value: string } => ({
  key: `key.${layer}`,
  value: `value.${layer}`,
});

/** Names of all layers' cached keys, then of their values. */
export function entryNames({ text_config: text }: ModelConfig): string[] {
  const layers = Array.from({ length: text.num_hidden_layers }, (_, layer) => cacheNames(layer));
  return [...layers.map(({ key }) => key), ...layers.map(({ value }) => value)];
}

/**
 * From pixels to the keys and values of the visual prefix: all of an image that later tokens look at.
 *
 * Inputs: `pixels` [B, S, S, 3]. Outputs: `key.i`, `value.i` [B, Hkv, M, d] for each layer.
 */
export function prefixProgram(config: ModelConfig): Program {
  return (weights, inputs) => {
    const visual = connector(weights, config, visionTower(weights, config, weightOf(inputs, 'pixels')));
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
 * Reads T more tokens after a cache of C entries: prefill with T the padded prompt, decoding with T = 1.
 *
 * Inputs: `ids`, `positions` [B, T] int32 (positions in the text, from 0), `pick` [B, T] (1 at each row's last token),
 * `seen` [B, C] (1 where the cache holds a token of the row), `key.i` [B, Hkv, d, C], `value.i` [B, Hkv, C, d].
 * Outputs: `logits` [B, V] after the picked token, `entries` [2 L B, Hkv, T, d]: the new tokens' keys of each layer, then their values, as
 * {@link entryNames} lists them.
 */
export function extendProgram(config: ModelConfig): Program {
  const prefix = visionGrid(config).visualTokens;
  return (weights, inputs) => {
    const ids = weightOf(inputs, 'ids');
    const seen = weightOf(inputs, 'seen');
    const [batch, length] = ids.shape as [number, number];
    const capacity = seen.shape[1] ?? 0;
    const hidden = tf.reshape(biasWhere(seen), [batch, 1, 1, capacity]);
    const causal = length === 1 ? undefined : causalBias(length);
    const positions = tf.add(weightOf(inputs, 'positions'), tf.scalar(prefix, 'int32'));
    const entries: Record<string, tf.Tensor> = {};
    const states = decoder(weights, config, tokenEmbeddings(weights, ids), positions, (q, k, v, layer) => {
      const names = cacheNames(layer);
      entries[names.key] = k;
      entries[names.value] = v;
      const ofCache = attentionScores(q, weightOf(inputs, names.key), { keysTransposed: true });
      const ofNew = length === 1 ? scoresOfOne(q, k) : attentionScores(q, k);
      return attentionOver([
        { scores: tf.add(ofCache, hidden), v: weightOf(inputs, names.value) },
        { scores: causal === undefined ? ofNew : tf.add(ofNew, causal), v },
      ]);
    });
    const width = states.shape[2] ?? 0;
    const pick = tf.reshape(weightOf(inputs, 'pick'), [batch, 1, length]);
    const last = tf.reshape(length === 1 ? states : tf.matMul(pick, states), [batch, width]);
    const inOrder = entryNames(config).map((name) => weightOf(entries, name));
    return { entries: tf.concat(inOrder, 0), logits: tokenLogits(weights, config, last) };
  };
}

/** Scores of the one key [B, Hkv, 1, d] of a new token, which is its own transpose. */
function scoresOfOne(q: tf.Tensor, k: tf.Tensor): tf.Tensor {
  const [batch, heads, , width] = k.shape as [number, number, number, number];
  return attentionScores(q, tf.reshape(k, [batch, heads, width, 1]), { keysTransposed: true });
}
