import type { TensorMap } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import type { QFormerModelConfig } from '../q-former-config.js';
import { expectShape, weightOf } from '../tensors.js';
import { convolution } from './convolution.js';
import { encoderLayer } from './encoder-layer.js';
import { type Layer, type LayerOptions, runLayer } from './layer.js';
import { layerNorm } from './layer-norm.js';

/**
 * BLIP-2's vision tower (EVA ViT-g): patches with a bias, class token, learned positions, pre-norm layers
 * whose queries, keys and values are one product, a norm at the end.
 *
 * @param pixels - [B, S, S, 3] float32, normalised, S = `vision_config.image_size`
 * @param options - whether to `recompute` its layers in the backward pass
 * @returns [B, 1 + (S / patch_size)^2, Dv] float32: the class token, then the patches row by row
 * @throws FgamError `models/bad-shape` when the pixels have another shape
 * @example
 * ```ts
 * import { evaTower, openFamily, parseQFormerConfig } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * const tiny = { hidden_size: 8, intermediate_size: 8, num_hidden_layers: 2, num_attention_heads: 2 };
 * const vision_config = { ...tiny, image_size: 8, patch_size: 4 };
 * const text_config = { ...tiny, model_type: 'llama', vocab_size: 20 };
 * const sizes = { vision_config, qformer_config: tiny, text_config };
 * const json = { ...sizes, model_type: 'blip-2', image_token_index: 9 };
 * const weights = Object.fromEntries(
 *   openFamily(json).weightSpecs.map(({ name, shape, init }) => [
 *     name,
 *     'value' in init ? tf.fill([...shape], init.value) : tf.randomNormal([...shape], 0, init.std),
 *   ]),
 * );
 * const tokens = evaTower(weights, parseQFormerConfig(json, 'blip-2'), tf.ones([1, 8, 8, 3]));
 * // The class token and 2 x 2 patches; a new model's last norm leaves each with mean 0 and variance 1.
 * const { mean, variance } = tf.moments(tokens, -1);
 * if (tokens.shape.join() !== '1,5,8') throw new Error(tokens.shape.join());
 * if (tf.max(tf.abs(mean)).dataSync()[0]! > 1e-5) throw new Error(mean.toString());
 * if (tf.max(tf.abs(tf.sub(variance, 1))).dataSync()[0]! > 1e-3) throw new Error(variance.toString());
 * ```
 */
export function evaTower(
  weights: TensorMap,
  { vision_config: vision }: Pick<QFormerModelConfig, 'vision_config'>,
  pixels: tf.Tensor,
  options: LayerOptions = {},
): tf.Tensor {
  expectShape('evaTower: pixels', pixels, [-1, vision.image_size, vision.image_size, 3]);
  const batch = pixels.shape[0] ?? 0;
  const width = vision.hidden_size;
  const embeddings = 'vision_model.embeddings';
  const kernel = weightOf(weights, `${embeddings}.patch_embedding.weight`);
  const cells = convolution(pixels, kernel, vision.patch_size);
  const patches = tf.add(cells, weightOf(weights, `${embeddings}.patch_embedding.bias`));
  const token = weightOf(weights, `${embeddings}.class_embedding`);
  const tokens = tf.concat([tf.tile(token, [batch, 1, 1]), tf.reshape(patches, [batch, -1, width])], 1);
  const count = tokens.shape[1] ?? 0;
  const placed = tf.add(tokens, weightOf(weights, `${embeddings}.position_embedding`));
  let x: tf.Tensor = tf.reshape(placed, [batch * count, width]);
  for (let i = 0; i < vision.num_hidden_layers; i++) {
    const name = `vision_model.encoder.layers.${i}`;
    const names = { name, qkv: ['qkv'], output: 'projection' };
    const layer: Layer = (input, tensors) => encoderLayer(tensors, vision, names, input, batch, options);
    x = runLayer(layer, { weights, names: [name] }, x, options);
  }
  const normed = layerNorm(weights, 'vision_model.post_layernorm', x, vision.layer_norm_eps);
  return tf.reshape(normed, [batch, count, width]);
}
