import type { TensorMap } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig } from '../config.js';
import { TEXT_TOWER } from '../head-specs.js';
import { expectShape } from '../tensors.js';
import { clipTextTower } from './clip-text-tower.js';
import { endedTexts } from './ended-texts.js';
import type { LayerOptions } from './layer.js';
import { languageModel, tokenEmbeddings } from './language-model.js';
import { linear } from './linear.js';

/**
 * Region embeddings v_i: the RoI-weighted mean of the vision tokens, projected, L2-normalised.
 *
 * @param tokens - [B, N, Dv] float32, from `visionTower`
 * @param roiWeights - [B, R, N] float32, rows sum to 1 (all zero where padded)
 * @returns [B * R, E] float32, unit rows
 * @throws FgamError `models/bad-shape` for tokens or RoI weights of other shapes
 * @example
 * ```ts
 * import { compactConfig, regionEmbeddings } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * const config = compactConfig({ vision_config: { hidden_size: 2, num_attention_heads: 1 } });
 * const weights = { 'fgam.vision_projection.weight': tf.tensor2d([[1, 0], [0, 1]]) };
 * const tokens = tf.tensor3d([[[3, 0], [0, 4]]]);
 * // One region of the first token, one half of each: (1.5, 2) has length 2.5.
 * const regions = regionEmbeddings(weights, config, tokens, tf.tensor3d([[[1, 0], [0.5, 0.5]]]));
 * const wanted = tf.tensor2d([[1, 0], [0.6, 0.8]]);
 * if (tf.max(tf.abs(tf.sub(regions, wanted))).dataSync()[0]! > 1e-5) throw new Error(regions.toString());
 * ```
 */
export function regionEmbeddings(
  weights: TensorMap,
  config: ModelConfig,
  tokens: tf.Tensor,
  roiWeights: tf.Tensor,
): tf.Tensor {
  const [batch = 0, count = 0, width = 0] = tokens.shape;
  expectShape('regionEmbeddings: roiWeights', roiWeights, [batch, -1, count]);
  expectShape('regionEmbeddings: tokens', tokens, [-1, -1, config.vision_config.hidden_size]);
  const pooled = tf.reshape(tf.matMul(roiWeights, tokens), [-1, width]);
  return unitRows(linear(weights, 'fgam.vision_projection', pooled));
}

/**
 * Image embeddings: the mean of the vision tokens, projected, L2-normalised.
 *
 * @param tokens - [B, N, Dv] float32, from `visionTower`
 * @returns [B, E] float32, unit rows
 * @throws FgamError `models/bad-weights` where a weight is missing
 * @example
 * ```ts
 * import { imageEmbeddings } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * const weights = { 'fgam.vision_projection.weight': tf.tensor2d([[1, 0], [0, 1]]) };
 * // The mean (1.5, 2) has length 2.5.
 * const [x = 0, y = 0] = imageEmbeddings(weights, tf.tensor3d([[[3, 0], [0, 4]]])).dataSync();
 * if (Math.abs(x - 0.6) > 1e-5 || Math.abs(y - 0.8) > 1e-5) throw new Error(`${x}, ${y}`);
 * ```
 */
export function imageEmbeddings(weights: TensorMap, tokens: tf.Tensor): tf.Tensor {
  return unitRows(linear(weights, 'fgam.vision_projection', tf.mean(tokens, 1)));
}

/**
 * Text embeddings t_i: the language model's last hidden state over the text alone, pooled, projected, L2-normalised
 * (HACL reads the text from the language model in the same way); with `fgam.text_tower`, what that tower makes of it.
 *
 * @param ids - [M, T] int32, padded on the right
 * @param mask - [M, T] float32, 1 on tokens of the text, 0 on padding
 * @param options - whether to `recompute` the layers in the backward pass
 * @returns [M, E] float32, unit rows
 * @throws FgamError `models/bad-shape` for a mask of another shape, or texts longer than a text tower reads
 * @example
 * ```ts
 * import { compactConfig, createWeights, textEmbeddings } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * const config = compactConfig({ text_config: { hidden_size: 8 } });
 * const weights = Object.fromEntries(
 *   Object.entries(createWeights(config, 1)).map(([name, w]) => [name, tf.tensor(w.data, [...w.shape])]),
 * );
 * // One text, with and without padding.
 * const ids = tf.tensor2d([[41, 42, 0], [41, 42, 50]], undefined, 'int32');
 * const embeddings = textEmbeddings(weights, config, ids, tf.tensor2d([[1, 1, 0], [1, 1, 0]]));
 * // Unit rows: their product is their cosine, 1 as padding does not count.
 * const [one, other] = tf.unstack(embeddings);
 * const [cosine = 0] = tf.dot(one!, other!).dataSync();
 * if (embeddings.shape.join() !== '2,64' || Math.abs(cosine - 1) > 1e-5) throw new Error(String(cosine));
 * ```
 */
export function textEmbeddings(
  weights: TensorMap,
  config: ModelConfig,
  ids: tf.Tensor,
  mask: tf.Tensor,
  options: LayerOptions = {},
): tf.Tensor {
  const [count = 0, length = 0] = ids.shape;
  expectShape('textEmbeddings: mask', mask, [count, length]);
  const { text_tower: tower } = config.fgam;
  if (tower !== undefined) {
    const texts = endedTexts(ids, mask, tower.eos_token_id);
    return unitRows(clipTextTower(weights, TEXT_TOWER, tower, texts, options));
  }
  const positions = tf.tile(tf.reshape(tf.range(0, length, 1, 'int32'), [1, length]), [count, 1]);
  const inputs = { embeddings: tokenEmbeddings(weights, ids), positions };
  const hidden = languageModel(weights, config, inputs, options);
  const chosen = config.fgam.text_pooling === 'mean' ? mask : lastOnly(mask);
  const shares = tf.div(chosen, tf.maximum(tf.sum(chosen, 1, true), 1));
  const pooled = tf.matMul(tf.reshape(shares, [count, 1, length]), hidden);
  return unitRows(linear(weights, 'fgam.text_projection', tf.reshape(pooled, [count, -1])));
}

/** Of a mask of ones followed by zeros, the last one: mask[t] - mask[t + 1]. */
function lastOnly(mask: tf.Tensor): tf.Tensor {
  const [count = 0, length = 0] = mask.shape;
  return tf.sub(mask, tf.concat([tf.slice(mask, [0, 1], [count, length - 1]), tf.zeros([count, 1])], 1));
}

/** x / |x| row by row; a zero row stays zero. */
export function unitRows(x: tf.Tensor): tf.Tensor {
  return tf.mul(x, tf.rsqrt(tf.add(tf.sum(tf.square(x), -1, true), 1e-12)));
}
