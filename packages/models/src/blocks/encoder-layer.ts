import type { TensorMap } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../config.js';
import { attention, attentionInBlocks, mergeHeads, splitHeads } from './attention.js';
import { type Layer, type LayerOptions, runPart } from './layer.js';
import { layerNorm } from './layer-norm.js';
import { fusedLinear, linear } from './linear.js';
import { activatedLinear } from './mlp.js';
import { rotate } from './rotary.js';

/** Sizes of a vision encoder's layer, as Hugging Face calls them. */
export interface EncoderLayerConfig {
  readonly num_attention_heads: number;
  readonly layer_norm_eps: number;
  readonly hidden_act: Activation;
}

/** How a checkpoint calls a layer and its attention's linear maps. */
export interface EncoderLayerNames {
  readonly name: string;
  /** Default: `layer_norm1` and `layer_norm2`. */
  readonly norms?: readonly [first: string, second: string];
  /** Default: `self_attn`. */
  readonly attention?: string;
  /** One map that gives queries, keys and values side by side, or one for each. */
  readonly qkv: readonly string[];
  readonly output: string;
}

/** Options of {@link encoderLayer}. */
export interface EncoderLayerOptions extends LayerOptions {
  /** `cos` and `sin` [1, 1, N, d] by which queries and keys are rotated. Default: they are not. */
  readonly angles?: TensorMap;
  /** Most scores of attention held at once. Default: all. */
  readonly mostScores?: number;
  /**
   * Additive mask that broadcasts to [B, H, N, N]. Default: all tokens see each other; with one, all
   * scores are held at once.
   */
  readonly bias?: tf.Tensor;
}

/**
 * A pre-norm layer of a ViT or of CLIP's text tower: x + attention(norm1(x)), then y + mlp(norm2(y)).
 *
 * @param x - [B N, Dv] float32
 * @returns [B N, Dv] float32
 */
export function encoderLayer(
  weights: TensorMap,
  vision: EncoderLayerConfig,
  {
    name,
    norms = ['layer_norm1', 'layer_norm2'],
    attention: inner = 'self_attn',
    qkv: maps,
    output,
  }: EncoderLayerNames,
  x: tf.Tensor,
  batch: number,
  { angles = {}, mostScores = Number.POSITIVE_INFINITY, bias, ...options }: EncoderLayerOptions,
): tf.Tensor {
  const heads = vision.num_attention_heads;
  const [norm1, norm2] = [`${name}.${norms[0]}`, `${name}.${norms[1]}`];
  const [first, second] = [`${name}.mlp.fc1`, `${name}.mlp.fc2`];
  const projections = maps.map((part) => `${name}.${inner}.${part}`);
  const run = (
    part: Layer,
    names: readonly string[],
    input: tf.Tensor,
    constants: TensorMap = {},
  ): tf.Tensor => runPart(part, { weights, names, constants }, input, options);
  const normed = (own: TensorMap, norm: string, given: tf.Tensor): tf.Tensor =>
    layerNorm(own, norm, given, vision.layer_norm_eps);
  const mix: Layer = (all, { cos, sin, mask }) => {
    const rotated = (heads: tf.Tensor): tf.Tensor =>
      cos === undefined || sin === undefined ? heads : rotate(heads, { cos, sin });
    const [q, k, v] = tf.split(splitHeads(all, batch, 3 * heads), 3, 1) as [tf.Tensor, tf.Tensor, tf.Tensor];
    return mergeHeads(
      mask === undefined
        ? attentionInBlocks(rotated(q), rotated(k), v, mostScores)
        : attention(rotated(q), rotated(k), v, mask),
    );
  };
  const given = bias === undefined ? angles : { ...angles, mask: bias };
  const qkv = run(
    (given, own) => fusedLinear(own, projections, normed(own, norm1, given)),
    [norm1, ...projections],
    x,
  );
  const middle = tf.add(x, linear(weights, `${name}.${inner}.${output}`, run(mix, [], qkv, given)));
  const wide = run((given, own) => linear(own, first, normed(own, norm2, given)), [norm2, first], middle);
  const outer = run((given, own) => activatedLinear(own, second, given, vision.hidden_act), [second], wide);
  return tf.add(middle, outer);
}
