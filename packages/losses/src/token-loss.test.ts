import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tokenLoss } from './token-loss.js';
import { expectGradient, expectNoLeak, matrix, negativeLogSoftmax, numberOf } from './test-support.js';

test('by hand: the mean runs over tokens, not rows', () => {
  // Row 1 has two answer tokens at -log 1/2 each, row 2 one at -log 1/4: (2 * 0.693147 + 1.386294) / 3 = 0.924196.
  const logits = tf.log(
    tf.tensor3d([
      [
        [2, 2, 4],
        [1, 2, 1],
        [1, 1, 1],
      ],
      [
        [9, 9, 9],
        [1, 1, 2],
        [5, 1, 1],
      ],
    ]),
  );
  const labels = tf.tensor2d(
    [
      [2, 1, 0],
      [0, 1, 0],
    ],
    undefined,
    'int32',
  );
  const mask = tf.tensor2d([
    [1, 1, 0],
    [0, 1, 0],
  ]);
  expect(numberOf(tokenLoss({ logits, labels, mask }))).toBeCloseTo(0.924196, 5);
});

test('equals the definition, with weights, in any order', () => {
  const weights = fc.array(fc.double({ min: 0, max: 2, noNaN: true }), { minLength: 6, maxLength: 6 });
  const labels = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 6, maxLength: 6 });
  fc.assert(
    fc.property(
      matrix(6, 5),
      labels,
      weights,
      fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }),
      (rows, y, m, order) => {
        const total = m.reduce((a, b) => a + b);
        const sum = rows.reduce(
          (all, row, i) => all + (m[i] as number) * negativeLogSoftmax(row, y[i] as number),
          0,
        );
        const loss = tokenLoss({
          logits: tf.reshape(tf.tensor2d(order.map((i) => rows[i] as number[])), [2, 3, 5]),
          labels: tf.reshape(
            tf.tensor1d(
              order.map((i) => y[i] as number),
              'int32',
            ),
            [2, 3],
          ),
          mask: tf.reshape(tf.tensor1d(order.map((i) => m[i] as number)), [2, 3]),
        });
        expect(numberOf(loss)).toBeCloseTo(sum / Math.max(total, 1), 4);
      },
    ),
    { numRuns: 50 },
  );
});

test('all masked: loss and gradient 0', () => {
  const rest = { labels: tf.zeros([2, 1], 'int32'), mask: tf.zeros([2, 1]) };
  const logits = tf.ones([2, 1, 3]);
  expect(numberOf(tokenLoss({ logits, ...rest }))).toBe(0);
  const gradient = tf.grad((x: tf.Tensor) => tokenLoss({ logits: x, ...rest }))(logits);
  expect(gradient.dataSync().every((x) => x === 0)).toBe(true);
});

test('gradient, tensors, errors', () => {
  const labels = tf.tensor2d(
    [
      [0, 2],
      [1, 1],
    ],
    undefined,
    'int32',
  );
  const mask = tf.tensor2d([
    [1, 0],
    [1, 0.5],
  ]);
  const logits = tf.tensor3d([
    [
      [1, 2, 0],
      [0, 1, 3],
    ],
    [
      [-1, 0.5, 1],
      [2, 0, 0],
    ],
  ]);
  expectGradient((x) => tokenLoss({ logits: x, labels, mask }), [logits]);
  expectNoLeak(() => tokenLoss({ logits, labels, mask }));
  expect(() => tokenLoss({ logits, labels, mask: tf.zeros([2, 3]) })).toThrow(
    'tokenLoss: expected mask to be [2, 2], got [2, 3]',
  );
  expect(() => tokenLoss({ logits, labels: tf.zeros([4], 'int32'), mask })).toThrow(
    'labels to be [2, 2], got [4]',
  );
});
