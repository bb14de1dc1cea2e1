import type { TensorMap } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig } from '../config.js';
import { expectShape, weightOf } from '../tensors.js';
import { visionGrid } from '../vision-grid.js';
import { activate } from './activation.js';
import { unitRows } from './embeddings.js';
import { linear } from './linear.js';

/** What the detection head says of each vision token. */
export interface DetectionOutputs {
  /**
   * [B, N, C] float32: unnormalised score of each phrase; sigma of it is the probability that the token
   * stands for such an object.
   */
  readonly logits: tf.Tensor;
  /** [B, N, 4] float32: centre x, centre y, width and height of the token's box, in fractions of the image. */
  readonly boxes: tf.Tensor;
}

/**
 * The detection head: each vision token is compared with phrases, and gives a box.
 *
 *     z_nc = e^theta cos(W x_n, t_c) + b,    box_n = sigma(MLP(x_n) + prior_n)
 *
 * The prior is the box of the token's own cell, so that an untrained head looks where its token is. Source:
 * Minderer et al. 2022 (OWL-ViT); scale and bias are one for all tokens, as SigLIP has them.
 *
 * @param tokens - [B, N, Dv] float32, from `visionTower`
 * @param phrases - [C, E] float32, from `textEmbeddings`
 * @throws FgamError `models/bad-shape` for tokens of another grid or phrases of another width;
 * `models/bad-weights` for a model without the head
 * @example
 * ```ts
 * import { compactConfig, createWeights, detectionOutputs } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * const vision_config = { image_size: 16, hidden_size: 8 };
 * const config = compactConfig({ vision_config, fgam: { box_hidden_size: 4 } });
 * const weights = Object.fromEntries(
 *   Object.entries(createWeights(config, 1)).map(([name, w]) => [name, tf.tensor(w.data, [...w.shape])]),
 * );
 * // Three phrases; tokens of zeros say nothing, so the priors are left.
 * const { logits, boxes } = detectionOutputs(weights, config, tf.zeros([1, 4, 8]), tf.ones([3, 64]));
 * const [score = 0] = tf.sigmoid(logits).dataSync();
 * const [x = 0, y = 0, width = 0, height = 0] = boxes.dataSync();
 * if (logits.shape.join() !== '1,4,3' || Math.abs(score - 0.01) > 1e-4) throw new Error(String(score));
 * // The first of 2 x 2 cells: its centre and its sides.
 * const isCell = [x - 0.25, y - 0.25, width - 0.5, height - 0.5].every((off) => Math.abs(off) < 1e-5);
 * if (!isCell) throw new Error(`${x}, ${y}, ${width}, ${height}`);
 * ```
 */
export function detectionOutputs(
  weights: TensorMap,
  config: ModelConfig,
  tokens: tf.Tensor,
  phrases: tf.Tensor,
): DetectionOutputs {
  const [batch = 0, count = 0] = tokens.shape;
  expectShape('detectionOutputs: phrases', phrases, [-1, config.fgam.embed_dim]);
  const embeddings = detectionEmbeddings(weights, config, tokens);
  const cosines = tf.matMul(tf.reshape(embeddings, [batch * count, -1]), phrases, false, true);
  const scale = tf.exp(weightOf(weights, 'fgam.detection_logit_scale'));
  const logits = tf.add(tf.mul(cosines, scale), weightOf(weights, 'fgam.detection_logit_bias'));
  return {
    logits: tf.reshape(logits, [batch, count, -1]),
    boxes: tokenBoxes(weights, config, tokens),
  };
}

/**
 * Vision tokens in the space of phrases.
 *
 * @param tokens - [B, N, Dv] float32
 * @returns [B, N, E] float32, unit rows
 */
export function detectionEmbeddings(weights: TensorMap, config: ModelConfig, tokens: tf.Tensor): tf.Tensor {
  const { visionTokens } = visionGrid(config);
  expectShape('detectionEmbeddings: tokens', tokens, [-1, visionTokens, config.vision_config.hidden_size]);
  return unitRows(linear(weights, 'fgam.detection_projection', tokens));
}

/**
 * The box of each vision token.
 *
 * @param tokens - [B, N, Dv] float32
 * @returns [B, N, 4] float32, centre x, centre y, width, height, 0..1
 */
export function tokenBoxes(weights: TensorMap, config: ModelConfig, tokens: tf.Tensor): tf.Tensor {
  const { grid } = visionGrid(config);
  const hidden = activate('gelu', linear(weights, 'fgam.box_head.linear_1', tokens));
  const moved = linear(weights, 'fgam.box_head.linear_2', hidden);
  return tf.sigmoid(tf.add(moved, tf.tensor(cellPriors(grid), [1, grid * grid, 4])));
}

/** Logits of each cell's box: its centre, and a cell's sides. */
function cellPriors(grid: number): Float32Array {
  const side = logit(1 / grid);
  const centre = (cell: number): number => logit((cell + 0.5) / grid);
  const cells = Array.from({ length: grid * grid }, (_, n) => n);
  return Float32Array.from(
    cells.flatMap((n) => [centre(n % grid), centre(Math.floor(n / grid)), side, side]),
  );
}

function logit(p: number): number {
  return Math.log(p / (1 - p));
}
