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
 * @example
 * ```ts
 * import { attention } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * const q = tf.tensor4d([[[[1]]]]);
 * const k = tf.tensor4d([[[[0], [Math.log(3)]]]]);
 * const v = tf.tensor4d([[[[4], [8]]]]);
 * // Scores 0 and ln 3 become weights 1 / 4 and 3 / 4: 4 / 4 + 3 * 8 / 4 = 7.
 * const [mixed = 0] = attention(q, k, v).dataSync();
 * // Under a mask the second key is not seen.
 * const [first] = attention(q, k, v, tf.tensor2d([[0, -1e9]])).dataSync();
 * if (Math.abs(mixed - 7) > 1e-5 || first !== 4) throw new Error(`${mixed}, ${first}`);
 * ```
 */
export function attention(q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, bias?: tf.Tensor): tf.Tensor {
  const scores = attentionScores(q, k);
  return mixValues(tf.softmax(bias === undefined ? scores : tf.add(scores, bias)), v);
}

/**
 * {@link attention} without a mask, some queries at a time: at most `mostScores` scores are held at once,
 * where all of them are B H Tq Tk.
 *
 * @returns [B, H, Tq, d] float32
 */
export function attentionInBlocks(q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, mostScores: number): tf.Tensor {
  const [batch, heads, queries] = q.shape as [number, number, number];
  const keys = k.shape[2] ?? 0;
  const block = Math.max(1, Math.floor(mostScores / (batch * heads * keys)));
  if (block >= queries) return attention(q, k, v);
  const lengths = Array.from({ length: Math.ceil(queries / block) }, (_, i) =>
    Math.min(block, queries - i * block),
  );
  return tf.concat(
    tf.split(q, lengths, 2).map((part) => attention(part, k, v)),
    2,
  );
}

/** p v with grouped queries: [B, H, Tq, Tk], [B, Hkv, Tk, d] -> [B, H, Tq, d]. */
export function mixValues(attentionWeights: tf.Tensor, v: tf.Tensor): tf.Tensor {
  const [batch, heads, queries, keys] = attentionWeights.shape as [number, number, number, number];
  const [, keyHeads, , width] = v.shape as [number, number, number, number];
  if (heads === keyHeads) return tf.matMul(attentionWeights, v);
  const grouped = tf.reshape(attentionWeights, [batch, keyHeads, (heads / keyHeads) * queries, keys]);
  return tf.reshape(tf.matMul(grouped, v), [batch, heads, queries, width]);
}

/**
 * What queries look at: their scores [B, H, Tq, Tk], masked, and the values [B, Hkv, Tk, d] of
 * the keys that they are of.
 */
export interface AttentionPart {
  readonly scores: tf.Tensor;
  readonly v: tf.Tensor;
}

/**
 * Attention over keys and values that lie apart, such as a cache and what is new: softmax([scores_1,
 * scores_2, ...]) [v_1; v_2; ...]. Only the scores are joined, not the values, which are d times as large.
 *
 * @returns [B, H, Tq, d] float32
 */
export function attentionOver(parts: readonly AttentionPart[]): tf.Tensor {
  const lengths = parts.map(({ v }) => v.shape[2] ?? 0);
  const scores = parts.map((part) => part.scores);
  const attentionWeights = tf.split(tf.softmax(tf.concat(scores, 3)), lengths, 3);
  return tf.addN(parts.map(({ v }, part) => mixValues(attentionWeights[part] as tf.Tensor, v)));
}

/** q k^T / sqrt(d) with grouped queries: [B, H, Tq, d], [B, Hkv, Tk, d] -> [B, H, Tq, Tk]. */
export function attentionScores(q: tf.Tensor, k: tf.Tensor): tf.Tensor {
  const [batch, heads, queries, width] = q.shape as [number, number, number, number];
  const [, keyHeads, keys] = k.shape as [number, number, number];
  const scaled: tf.Tensor = tf.mul(q, width ** -0.5);
  if (heads === keyHeads) return tf.matMul(scaled, k, false, true);
  const grouped: tf.Tensor = tf.reshape(scaled, [batch, keyHeads, (heads / keyHeads) * queries, width]);
  return tf.reshape(tf.matMul(grouped, k, false, true), [batch, heads, queries, keys]);
}

/** [B * T, H * d] rows -> [B, H, T, d] heads. */
export function splitHeads(x: tf.Tensor, batch: number, heads: number): tf.Tensor {
  const [rows, all] = x.shape as [number, number];
  const [length, width] = [batch === 0 ? 0 : rows / batch, all / heads];
  return tf.transpose(tf.reshape(x, [batch, length, heads, width]), [0, 2, 1, 3]);
}

/** [B, H, T, d] heads -> [B * T, H * d] rows. */
export function mergeHeads(x: tf.Tensor): tf.Tensor {
  const [, heads = 0, , width = 0] = x.shape;
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [-1, heads * width]);
}
