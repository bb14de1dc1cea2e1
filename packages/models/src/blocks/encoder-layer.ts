import type { TensorMap } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../config.js';
import { attention, mergeHeads, splitHeads } from './attention.js';
import { type Layer, type LayerOptions, runPart } from './layer.js';
import { layerNorm } from './layer-norm.js';
import { fusedLinear, linear } from './linear.js';
import { activatedLinear } from './mlp.js';

/** Sizes of a vision encoder's layer, as Hugging Face calls them. */
export interface EncoderLayerConfig {
  readonly num_attention_heads: number;
  readonly layer_norm_eps: number;
  readonly hidden_act: Activation;
}

/** How a checkpoint calls a layer and its attention's linear maps. */
export interface EncoderLayerNames {
  readonly name: string;
  /** One map that gives queries, keys and values side by side, or one for each. */
  readonly qkv: readonly string[];
  readonly output: string;
}

/**
 * A pre-norm layer of a ViT: x + attention(norm1(x)), then y + mlp(norm2(y)); all tokens see each other.
 *
 * @param x - [B N, Dv] float32
 * @returns [B N, Dv] float32
 */
export function encoderLayer(
  weights: TensorMap,
  vision: EncoderLayerConfig,
  { name, qkv: maps, output }: EncoderLayerNames,
  x: tf.Tensor,
  batch: number,
  options: LayerOptions,
): tf.Tensor {
  const heads = vision.num_attention_heads;
  const [norm1, norm2] = [`${name}.layer_norm1`, `${name}.layer_norm2`];
  const [first, second] = [`${name}.mlp.fc1`, `${name}.mlp.fc2`];
  const projections = maps.map((part) => `${name}.self_attn.${part}`);
  const run = (part: Layer, names: readonly string[], input: tf.Tensor): tf.Tensor =>
    runPart(part, { weights, names }, input, options);
  const normed = (own: TensorMap, norm: string, given: tf.Tensor): tf.Tensor =>
    layerNorm(own, norm, given, vision.layer_norm_eps);
  const mix: Layer = (all) => {
    const [q, k, v] = tf.split(splitHeads(all, batch, 3 * heads), 3, 1) as [tf.Tensor, tf.Tensor, tf.Tensor];
    return mergeHeads(attention(q, k, v));
  };
  const qkv = run(
    (given, own) => fusedLinear(own, projections, normed(own, norm1, given)),
    [norm1, ...projections],
    x,
  );
  const middle = tf.add(x, linear(weights, `${name}.self_attn.${output}`, run(mix, [], qkv)));
  const inner = run((given, own) => linear(own, first, normed(own, norm2, given)), [norm2, first], middle);
  const outer = run((given, own) => activatedLinear(own, second, given, vision.hidden_act), [second], inner);
  return tf.add(middle, outer);
}
