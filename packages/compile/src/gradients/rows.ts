import * as tf from '@tensorflow/tfjs-core';
import { shapedAs } from '../gradient.js';

/**
 * Sums of rows by place: the gradient of picking rows. y_r = sum over i with places_i = r of rows_i.
 *
 * By ScatterNd, whose own gradient picks the rows again, and not by UnsortedSegmentSum, which compares every
 * place with every row on tfjs's backends for JavaScript and is missing on wasm.
 *
 * @param places - int32, of any shape, in 0..count-1
 * @param rows - float32 [number of places, width]
 * @returns float32 [count, width]
 */
export function addedRows(places: tf.Tensor, rows: tf.Tensor, count: number): tf.Tensor {
  const shape = [count, rows.shape[1] as number];
  // Sums of nothing, which are functions of the rows all the same.
  if (rows.size === 0 || count === 0) return tf.mul(tf.sum(rows), tf.zeros(shape));
  return tf.scatterND<tf.Rank>(shapedAs(places, [places.size, 1]), rows, shape);
}
