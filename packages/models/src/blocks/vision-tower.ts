import type { TensorMap } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig } from '../config.js';
import { keepsClassToken } from '../vision-grid.js';
import { expectShape, weightOf } from '../tensors.js';
import { encoderLayer } from './encoder-layer.js';
import { type Layer, type LayerOptions, runLayer } from './layer.js';
import { layerNorm } from './layer-norm.js';
import { visionStem } from './stem.js';

const ROOT = 'vision_tower.vision_model';

/**
 * The vision tower: a pre-norm ViT with learned positions, read at `vision_feature_layer`, class token dropped unless
 * `vision_feature_select_strategy` is `full` (then it comes first).
 *
 * @param pixels - [B, S, S, 3] float32, normalised to -1..1, S = `vision_config.image_size`
 * @param options - whether to `recompute` its layers in the backward pass
 * @returns tokens [B, N, Dv] float32, N = (S / patch_size)^2, row by row
 * @throws FgamError `models/bad-shape` when the pixels have another shape
 * @example
 * ```ts
 * import { compactConfig, createWeights, visionTower } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * const config = compactConfig({ vision_config: { image_size: 16, hidden_size: 8 } });
 * const weights = Object.fromEntries(
 *   Object.entries(createWeights(config, 1)).map(([name, w]) => [name, tf.tensor(w.data, [...w.shape])]),
 * );
 * const tokens = visionTower(weights, config, tf.fill([1, 16, 16, 3], 0.5));
 * // 2 x 2 tokens; the last norm, whose weight is new and 1, leaves a mean square of 1.
 * const [square = 0] = tf.mean(tf.square(tokens)).dataSync();
 * if (tokens.shape.join() !== '1,4,8' || Math.abs(square - 1) > 1e-3) throw new Error(String(square));
 * ```
 */
export function visionTower(
  weights: TensorMap,
  config: ModelConfig,
  pixels: tf.Tensor,
  options: LayerOptions = {},
): tf.Tensor {
  const { vision_config: vision, fgam } = config;
  expectShape('visionTower: pixels', pixels, [-1, vision.image_size, vision.image_size, 3]);
  const batch = pixels.shape[0] ?? 0;
  const width = vision.hidden_size;
  let tokens = visionStem(weights, config, pixels);
  if (fgam.class_token) {
    const token = tf.reshape(weightOf(weights, `${ROOT}.embeddings.class_embedding`), [1, 1, width]);
    tokens = tf.concat([tf.tile(token, [batch, 1, 1]), tokens], 1);
  }
  const count = tokens.shape[1] ?? 0;
  tokens = tf.add(tokens, weightOf(weights, `${ROOT}.embeddings.position_embedding.weight`));
  let x: tf.Tensor = tf.reshape(tokens, [batch * count, width]);
  if (fgam.pre_layer_norm) x = layerNorm(weights, `${ROOT}.pre_layrnorm`, x, vision.layer_norm_eps);
  for (let i = 0; i < layersRead(config); i++) {
    const name = `${ROOT}.encoder.layers.${i}`;
    const names = { name, qkv: ['q_proj', 'k_proj', 'v_proj'], output: 'out_proj' };
    const layer: Layer = (input, tensors) => encoderLayer(tensors, vision, names, input, batch, options);
    x = runLayer(layer, { weights, names: [name] }, x, options);
  }
  if (fgam.post_layer_norm) x = layerNorm(weights, `${ROOT}.post_layernorm`, x, vision.layer_norm_eps);
  const result = tf.reshape(x, [batch, count, width]);
  const keepsAll = !fgam.class_token || keepsClassToken(config);
  return keepsAll ? result : tf.slice(result, [0, 1, 0], [batch, count - 1, width]);
}

/** Encoder layers up to `vision_feature_layer`, which indexes the hidden states: 0 is the embeddings, -1 the last. */
export function layersRead({ vision_config: vision, vision_feature_layer: layer }: ModelConfig): number {
  return layer < 0 ? vision.num_hidden_layers + 1 + layer : layer;
}
