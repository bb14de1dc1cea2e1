import * as tf from '@tensorflow/tfjs-core';
import type { ClipTexts } from './clip-text-tower.js';

/**
 * Texts with the token that ends them after their last one.
 *
 * @param ids - [M, T] int32, padded on the right
 * @param mask - [M, T] float32, 1 on tokens of the text, 0 on padding
 * @returns `ids` and `ends` [M, T + 1]
 */
export function endedTexts(ids: tf.Tensor, mask: tf.Tensor, endId: number): ClipTexts {
  const [count = 0] = ids.shape;
  // 1 up to the end, less 1 before it.
  const ends = tf.sub(tf.concat([tf.ones([count, 1]), mask], 1), tf.concat([mask, tf.zeros([count, 1])], 1));
  const isEnd = tf.cast(ends, 'int32');
  const longer = tf.concat([ids, tf.zeros([count, 1], 'int32')], 1);
  const rest = tf.mul(longer, tf.sub(tf.scalar(1, 'int32'), isEnd));
  return { ids: tf.add(rest, tf.mul(isEnd, tf.scalar(endId, 'int32'))), ends };
}
