import type { TensorMap } from '@fgam/compile';
import { RELATIONS } from '@fgam/data';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig } from '../config.js';
import { weightOf } from '../tensors.js';
import { encoderLayer } from './encoder-layer.js';
import { layerNorm } from './layer-norm.js';
import { linear } from './linear.js';

const HEAD = 'fgam.relation_head';

/**
 * The relation head as a transformer: each pair is a sequence of its own, [v_i; v_j] or, with
 * `relation_features: 'interactive'`, [v_i; v_j; v_i * v_j; v_i - v_j]. Every part is projected by one
 * map, gets the embedding of its place, and sees the others; a linear map of all the last states side
 * by side gives the logits.
 *
 * Over the pair, not over all regions of the image: the logits of a pair stay a function of v_i and
 * v_j alone, as equation 2 has them. They do not depend on which regions were annotated or drawn
 * beside it, and padding can't leak.
 *
 * @param regions - [B * R, E] float32
 * @returns [B, R, R, 7] float32
 */
export function relationTransformer(
  weights: TensorMap,
  config: ModelConfig,
  transformer: NonNullable<ModelConfig['fgam']['relation_transformer']>,
  regions: tf.Tensor,
  count: number,
): tf.Tensor {
  const { embed_dim: width, relation_hidden_size: hidden, relation_features: features } = config.fgam;
  const subject = tf.reshape(regions, [-1, count, 1, width]);
  const object = tf.reshape(regions, [-1, 1, count, width]);
  const products = features === 'interactive' ? [tf.reshape(tf.mul(subject, object), [-1, width])] : [];
  const rows = [regions, ...products];
  const matrix = weightOf(weights, `${HEAD}.projection.weight`);
  const bias = weightOf(weights, `${HEAD}.projection.bias`);
  // The map is linear: regions are projected once, not once a pair.
  const [own, product] = rows.map((part) => tf.matMul(part, matrix, false, true)) as [tf.Tensor, tf.Tensor?];
  const ofSubject = tf.reshape(own, [-1, count, 1, hidden]);
  const ofObject = tf.reshape(own, [-1, 1, count, hidden]);
  const zeros = tf.zeros([1, count, count, hidden]);
  const parts = [
    tf.add(ofSubject, zeros),
    tf.add(ofObject, zeros),
    ...(product === undefined
      ? []
      : [tf.reshape(product, [-1, count, count, hidden]), tf.sub(ofSubject, ofObject)]),
  ];
  const length = parts.length;
  const places = tf.add(weightOf(weights, `${HEAD}.position_embedding.weight`), bias);
  const tokens = tf.add(tf.stack(parts, 3), places);
  let x: tf.Tensor = tf.reshape(tokens, [-1, hidden]);
  const pairs = (x.shape[0] ?? 0) / length;
  for (let i = 0; i < transformer.num_hidden_layers; i++) {
    const names = { name: `${HEAD}.layers.${i}`, qkv: ['q_proj', 'k_proj', 'v_proj'], output: 'out_proj' };
    x = encoderLayer(weights, transformer, names, x, pairs, {});
  }
  const states = layerNorm(weights, `${HEAD}.layer_norm`, x, transformer.layer_norm_eps);
  const logits = linear(weights, `${HEAD}.classifier`, tf.reshape(states, [pairs, length * hidden]));
  return tf.reshape(logits, [-1, count, count, RELATIONS.length]);
}
