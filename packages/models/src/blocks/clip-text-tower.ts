import type { TensorMap } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import type { ClipTextConfig } from '../config.js';
import { modelsError } from '../error.js';
import { expectShape, weightOf } from '../tensors.js';
import { encoderLayer } from './encoder-layer.js';
import { causalBias } from './language-model.js';
import { type Layer, type LayerOptions, runLayer } from './layer.js';
import { layerNorm } from './layer-norm.js';
import { linear } from './linear.js';

/** What {@link clipTextTower} reads. Axes: M texts, T tokens. */
export interface ClipTexts {
  /** [M, T] int32, each text with the token that ends it, padded on the right. */
  readonly ids: tf.Tensor;
  /** [M, T] float32: 1 at the token that ends the text, 0 elsewhere. */
  readonly ends: tf.Tensor;
}

/**
 * CLIP's text tower with its projection (`CLIPTextModelWithProjection`): learned positions, pre-norm layers
 * under a causal mask, the final norm's state at the token that ends a text, a linear map. Nothing of the
 * padding is seen, as it comes after.
 *
 * @param root - what the names of the weights have before transformers' own
 * @param options - whether to `recompute` its layers in the backward pass
 * @returns [M, projection_dim] float32, not normalised
 * @throws FgamError `models/bad-shape` for texts longer than `max_position_embeddings`
 * @see Radford et al., Learning Transferable Visual Models From Natural Language Supervision (arXiv 2103.00020)
 * @example
 * ```ts
 * import { clipTextTower, compactConfig, createTokenizer, createWeights, withHeads } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * const tokenizer = createTokenizer(['red', 'dot']);
 * const small = compactConfig({ text_config: { vocab_size: tokenizer.size, hidden_size: 8 } });
 * const plain = { config: small, tokenizer, weights: createWeights(small, 1) };
 * const sizes = { hidden_size: 8, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 16 };
 * const { config, weights } = withHeads(plain, { text_tower: sizes }, 1);
 * const tensors = Object.fromEntries(
 *   Object.entries(weights).map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]),
 * );
 * // Two rows of "red dot <eos>" with other padding: what comes after the end is not seen.
 * const ids = tf.tensor2d([[40, 41, 1, 0], [40, 41, 1, 40]], undefined, 'int32');
 * const ends = tf.tensor2d([[0, 0, 1, 0], [0, 0, 1, 0]]);
 * const tower = config.fgam.text_tower!;
 * const embeddings = clipTextTower(tensors, 'fgam.text_tower', tower, { ids, ends });
 * const [one, other] = tf.unstack(embeddings);
 * if (embeddings.shape.join() !== '2,64') throw new Error(embeddings.shape.join());
 * if (tf.max(tf.abs(tf.sub(one!, other!))).dataSync()[0]! > 1e-6) throw new Error('padding was seen');
 * ```
 */
export function clipTextTower(
  weights: TensorMap,
  root: string,
  config: ClipTextConfig,
  { ids, ends }: ClipTexts,
  options: LayerOptions = {},
): tf.Tensor {
  const [count = 0, length = 0] = ids.shape;
  expectShape('clipTextTower: ends', ends, [count, length]);
  if (length > config.max_position_embeddings) {
    throw modelsError(
      'models/bad-shape',
      `clipTextTower: expected at most max_position_embeddings ${config.max_position_embeddings} tokens with the end, got ${length}; cut the texts`,
    );
  }
  const model = `${root}.text_model`;
  const width = config.hidden_size;
  const words = tf.gather(
    weightOf(weights, `${model}.embeddings.token_embedding.weight`),
    tf.reshape(ids, [-1]),
  );
  const places = weightOf(weights, `${model}.embeddings.position_embedding.weight`);
  const placed = tf.add(tf.reshape(words, [count, length, width]), tf.slice(places, [0, 0], [length, width]));
  let x: tf.Tensor = tf.reshape(placed, [count * length, width]);
  const constants = { 'attend/bias': causalBias(length) };
  for (let i = 0; i < config.num_hidden_layers; i++) {
    const name = `${model}.encoder.layers.${i}`;
    const names = { name, qkv: ['q_proj', 'k_proj', 'v_proj'], output: 'out_proj' };
    const layer: Layer = (input, tensors) =>
      encoderLayer(tensors, config, names, input, count, {
        ...options,
        bias: weightOf(tensors, 'attend/bias'),
      });
    x = runLayer(layer, { weights, names: [name], constants }, x, options);
  }
  const hidden = layerNorm(weights, `${model}.final_layer_norm`, x, config.layer_norm_eps);
  const states = tf.reshape(hidden, [count, length, width]);
  const last = tf.matMul(tf.reshape(ends, [count, 1, length]), states);
  return linear(weights, `${root}.text_projection`, tf.reshape(last, [count, width]));
}
