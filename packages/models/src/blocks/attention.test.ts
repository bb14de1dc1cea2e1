import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { maxDifference, randomTensor } from '../test-support.js';
import { attention, attentionInBlocks, attentionOver, attentionScores } from './attention.js';
import { rotaryAngles, rotate } from './rotary.js';

describe('attention', () => {
  it('mixes values by the softmax of scaled products', () => {
    // Width 4: scores / 2. Query [2, 0, 0, 0] on keys [ln 9, ...], [0, ...]: scores ln 9 and 0, shares 0.9 and 0.1.
    const q = tf.tensor4d([2, 0, 0, 0], [1, 1, 1, 4]);
    const k = tf.tensor4d([Math.log(9), 0, 0, 0, 0, 1, 1, 1], [1, 1, 2, 4]);
    const v = tf.tensor4d([1, 2, 3, 4, 11, 12, 13, 14], [1, 1, 2, 4]);
    expect(maxDifference(attention(q, k, v).dataSync(), [2, 3, 4, 5])).toBeLessThan(1e-5);
    const bias = tf.tensor4d([-1e9, 0], [1, 1, 1, 2]);
    expect(maxDifference(attention(q, k, v, bias).dataSync(), [11, 12, 13, 14])).toBeLessThan(1e-5);
  });

  it('with grouped queries equals repeated keys: head h reads key head floor(h / group)', () => {
    const [q, k, v] = [
      randomTensor([2, 6, 3, 4], 1),
      randomTensor([2, 2, 5, 4], 2),
      randomTensor([2, 2, 5, 4], 3),
    ];
    const repeat = (x: tf.Tensor) =>
      tf.reshape(tf.tile(tf.reshape(x, [2, 2, 1, 20]), [1, 1, 3, 1]), [2, 6, 5, 4]);
    const difference = maxDifference(
      attention(q, k, v).dataSync(),
      attention(q, repeat(k), repeat(v)).dataSync(),
    );
    expect(difference).toBeLessThan(1e-6);
  });

  it.each([2, 4])('is the same over keys that lie apart (%i query heads a key head)', (group) => {
    const [q, k, v] = [
      randomTensor([2, 2 * group, 3, 4], 1),
      randomTensor([2, 2, 7, 4], 2),
      randomTensor([2, 2, 7, 4], 3),
    ];
    const bias = tf.tensor1d([0, -1e9, 0, 0, 0, 0, -1e9]);
    const [firstK, restK] = tf.split(k, [5, 2], 2) as [tf.Tensor, tf.Tensor];
    const [firstV, restV] = tf.split(v, [5, 2], 2) as [tf.Tensor, tf.Tensor];
    const [firstBias, restBias] = tf.split(bias, [5, 2]) as [tf.Tensor, tf.Tensor];
    const apart = attentionOver([
      { scores: tf.add(attentionScores(q, firstK), firstBias), v: firstV },
      { scores: tf.add(attentionScores(q, restK), restBias), v: restV },
    ]);
    expect(maxDifference(apart.dataSync(), attention(q, k, v, bias).dataSync())).toBeLessThan(1e-6);
  });
});

describe('attentionInBlocks', () => {
  it.each([1, 60, 100, 1e9])('is attention, with %i scores at once', (most) => {
    const [q, k, v] = [1, 2, 3].map((seed) => randomTensor([2, seed === 1 ? 4 : 2, 7, 4], seed)) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    const found = attentionInBlocks(q, k, v, most);
    expect(found.shape).toEqual([2, 4, 7, 4]);
    expect(maxDifference(found.dataSync(), attention(q, k, v).dataSync())).toBeLessThan(1e-6);
  });
});

describe('rotate', () => {
  it('turns pairs (i, i + d/2) by position * theta^(-2i/d)', () => {
    // Width 4, theta 100: frequencies 1 and 0.1. Position 2 turns pair (0, 2) by 2 rad, pair (1, 3) by 0.2 rad.
    const angles = rotaryAngles(tf.tensor2d([[2]], undefined, 'int32'), 4, 100);
    const y = rotate(tf.tensor4d([1, 1, 0, 0], [1, 1, 1, 4]), angles).dataSync();
    expect(maxDifference(y, [Math.cos(2), Math.cos(0.2), Math.sin(2), Math.sin(0.2)])).toBeLessThan(1e-6);
  });

  it('leaves products a function of the distance alone', () => {
    const product = (m: number, n: number) => {
      const at = (position: number) => rotaryAngles(tf.tensor2d([[position]], undefined, 'int32'), 8, 10000);
      const [q, k] = [
        rotate(randomTensor([1, 1, 1, 8], 1), at(m)),
        rotate(randomTensor([1, 1, 1, 8], 2), at(n)),
      ];
      return tf.sum(tf.mul(q, k)).dataSync();
    };
    expect(maxDifference(product(7, 3), product(104, 100))).toBeLessThan(1e-4);
  });
});
