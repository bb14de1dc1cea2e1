import * as tf from '@tensorflow/tfjs-core';

/**
 * Scaled dot-product attention: softmax(q k^T / sqrt(d) + bias) v.
 *
 * Grouped queries: head h reads key head floor(h / (H / Hkv)). No key is copied: the query heads of a group are rows of
 * one product.
 *
 * @param q - [B, H, Tq, d] float32
 * @param k - [B, Hkv, Tk, d] float32; Hkv divides H
 * @param v - [B, Hkv, Tk, d] float32
 * @param bias - additive mask that broadcasts to [B, H, Tq, Tk]: 0 where seen, about -1e9 where not
 * @returns [B, H, Tq, d] float32
 */
export function attention(q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, bias?: tf.Tensor): tf.Tensor {
  const [batch, heads, queries, width] = q.shape as [number, number, number, number];
  const scores = attentionScores(q, k);
  const seen = bias === undefined ? scores : tf.add(scores, bias);
  const [, keyHeads, keys] = k.shape as [number, number, number];
  const chances: tf.Tensor = tf.softmax(seen);
  const grouped = heads === keyHeads ? chances : tf.reshape(chances, [batch, keyHeads, -1, keys]);
  const mixed: tf.Tensor = tf.matMul(grouped, v);
  return heads === keyHeads ? mixed : tf.reshape(mixed, [batch, heads, queries, width]);
}

/** q k^T / sqrt(d) with grouped queries: [B, H, Tq, d], [B, Hkv, Tk, d] -> [B, H, Tq, Tk]. */
export function attentionScores(q: tf.Tensor, k: tf.Tensor): tf.Tensor {
  const [batch, heads, queries, width] = q.shape as [number, number, number, number];
  const [, keyHeads, keys] = k.shape as [number, number, number];
  const scaled = tf.mul(q, width ** -0.5);
  if (heads === keyHeads) return tf.matMul(scaled, k, false, true);
  const grouped = tf.reshape(scaled, [batch, keyHeads, -1, width]);
  return tf.reshape(tf.matMul(grouped, k, false, true), [batch, heads, queries, keys]);
}

/** [B, T, H * d] rows -> [B, H, T, d] heads. */
export function splitHeads(x: tf.Tensor, batch: number, heads: number): tf.Tensor {
  const width = (x.shape.at(-1) ?? 0) / heads;
  return tf.transpose(tf.reshape(x, [batch, -1, heads, width]), [0, 2, 1, 3]);
}

/** [B, H, T, d] heads -> [B * T, H * d] rows. */
export function mergeHeads(x: tf.Tensor): tf.Tensor {
  const [, heads = 0, , width = 0] = x.shape;
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [-1, heads * width]);
}
