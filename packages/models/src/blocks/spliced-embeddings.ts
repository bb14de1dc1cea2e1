import type { TensorMap } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import { weightOf } from '../tensors.js';
import { tokenEmbeddings } from './language-model.js';

/**
 * Embeddings of texts in which some tokens stand for visual tokens: images at any position, several or none.
 *
 * @param inputs - `ids` [B, T] int32; `visual` [V, D] float32: the visual tokens of the batch one after
 * another; `slots` [B, T] int32: 0 where a token is text, else 1 + the visual token that takes its place
 * @returns [B, T, D] float32
 */
export function splicedEmbeddings(weights: TensorMap, inputs: TensorMap): tf.Tensor {
  const slots = weightOf(inputs, 'slots');
  const [batch, length] = slots.shape as [number, number];
  const words = tokenEmbeddings(weights, weightOf(inputs, 'ids'));
  const places = tf.maximum(tf.sub(tf.reshape(slots, [-1]), tf.scalar(1, 'int32')), tf.scalar(0, 'int32'));
  const seen = tf.reshape(tf.gather(weightOf(inputs, 'visual'), tf.cast(places, 'int32')), words.shape);
  const isSeen = tf.greater(tf.reshape(slots, [batch, length, 1]), tf.scalar(0, 'int32'));
  return tf.where(tf.tile(isSeen, [1, 1, words.shape[2] ?? 1]), seen, words);
}
