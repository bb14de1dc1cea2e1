import type { TensorMap } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../config.js';
import { expectShape, weightOf } from '../tensors.js';
import { encoderLayer } from './encoder-layer.js';
import { type Layer, type LayerOptions, runLayer } from './layer.js';
import { layerNorm } from './layer-norm.js';
import { mlp } from './mlp.js';
import { axialAngles, gridPairs } from './rotary.js';

const ROOT = 'visual';
/** Qwen2-VL's layer norms have it in their code, not in the config. */
const EPSILON = 1e-6;
/** 256 MiB of scores: a photo of 1280 visual tokens has 1.6 GiB of them a layer. */
const MOST_SCORES = 2 ** 26;

/** Sizes of {@link patchMergerTower}, by Qwen2-VL's names. */
export interface PatchMergerConfig {
  readonly depth: number;
  readonly embed_dim: number;
  readonly num_heads: number;
  readonly mlp_ratio: number;
  /** Width of the visual tokens: the language model's. */
  readonly hidden_size: number;
  readonly hidden_act: Activation;
  readonly patch_size: number;
  readonly temporal_patch_size: number;
  /** Patches along each side of the square that becomes one visual token. */
  readonly spatial_merge_size: number;
  readonly rope_theta: number;
}

/**
 * Qwen2-VL's vision tower (arXiv:2409.12191): images of any shape as patches, a pre-norm ViT whose
 * attention knows rows and columns by rotary positions, and a merger that joins neighbouring
 * patches to one visual token.
 *
 * @param patches - [N, R, C, m^2, P] float32: R x C squares of m x m patches, row by row within a square too;
 * P = 3 * temporal_patch_size * patch_size^2 values, channel by channel, frame by frame
 * @param options - whether to `recompute` its layers in the backward pass
 * @returns visual tokens [N, R, C, D] float32
 * @throws FgamError `models/bad-shape` when the patches have another shape
 */
export function patchMergerTower(
  weights: TensorMap,
  config: PatchMergerConfig,
  patches: tf.Tensor,
  options: LayerOptions = {},
): tf.Tensor {
  const { embed_dim: width, num_heads: heads, spatial_merge_size: merge } = config;
  const size = 3 * config.temporal_patch_size * config.patch_size ** 2;
  expectShape('patchMergerTower: patches', patches, [-1, -1, -1, merge ** 2, size]);
  const [batch, rows, columns] = patches.shape as [number, number, number];
  const embedding = tf.reshape(weightOf(weights, `${ROOT}.patch_embed.proj.weight`), [width, size]);
  let x: tf.Tensor = tf.matMul(tf.reshape(patches, [-1, size]), embedding, false, true);
  const { cos, sin } = axialAngles(
    patchPlaces(rows, columns, merge),
    gridPairs(width / heads, config.rope_theta),
  );
  const constants = { 'rotary/cos': cos, 'rotary/sin': sin };
  const sizes = { num_attention_heads: heads, layer_norm_eps: EPSILON, hidden_act: config.hidden_act };
  for (let i = 0; i < config.depth; i++) {
    const name = `${ROOT}.blocks.${i}`;
    const names = {
      name,
      norms: ['norm1', 'norm2'],
      attention: 'attn',
      qkv: ['qkv'],
      output: 'proj',
    } as const;
    const layer: Layer = (input, tensors) => {
      const angles = { cos: weightOf(tensors, 'rotary/cos'), sin: weightOf(tensors, 'rotary/sin') };
      return encoderLayer(tensors, sizes, names, input, batch, {
        ...options,
        angles,
        mostScores: MOST_SCORES,
      });
    };
    x = runLayer(layer, { weights, names: [name], constants }, x, options);
  }
  const squares = tf.reshape(layerNorm(weights, `${ROOT}.merger.ln_q`, x, EPSILON), [-1, merge ** 2 * width]);
  const tokens = mlp(weights, [`${ROOT}.merger.mlp.0`, `${ROOT}.merger.mlp.2`], squares, 'gelu');
  return tf.reshape(tokens, [batch, rows, columns, config.hidden_size]);
}

/** Row and column of each patch, square by square: [1, R C m^2, 2] int32. */
function patchPlaces(rows: number, columns: number, merge: number): tf.Tensor {
  const places: number[] = [];
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      for (let i = 0; i < merge; i++)
        for (let j = 0; j < merge; j++) places.push(row * merge + i, column * merge + j);
  return tf.tensor3d(places, [1, places.length / 2, 2], 'int32');
}
