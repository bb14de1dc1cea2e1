import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { relationLoss } from './relation-loss.js';
import { expectGradient, expectNoLeak, matrix, negativeLogSoftmax, numberOf } from './test-support.js';

test('by hand: mean over labelled pairs', () => {
  // Softmax of (log 1, log 2, log 5) is (1/8, 2/8, 5/8): -log 5/8 = 0.470004 and -log
  // 1/8 = 2.079442; the third is masked.
  const row = [1, 2, 5].map(Math.log);
  const loss = relationLoss({
    logits: tf.tensor2d([row, row, row]),
    labels: tf.tensor1d([2, 0, -1], 'int32'),
  });
  expect(numberOf(loss)).toBeCloseTo((0.470004 + 2.079442) / 2, 5);
});

test('equals the definition over images by regions by regions, in any order', () => {
  const label = fc.integer({ min: -1, max: 6 });
  const labels = fc.array(label, { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(
      matrix(8, 7),
      labels,
      fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 }),
      (rows, r, order) => {
        const losses = rows.flatMap((row, i) =>
          (r[i] as number) < 0 ? [] : [negativeLogSoftmax(row, r[i] as number)],
        );
        const expected = losses.length === 0 ? 0 : losses.reduce((a, b) => a + b) / losses.length;
        const logits = tf.reshape(tf.tensor2d(order.map((i) => rows[i] as number[])), [2, 2, 2, 7]);
        const moved = tf.tensor1d(
          order.map((i) => r[i] as number),
          'int32',
        );
        expect(numberOf(relationLoss({ logits, labels: tf.reshape(moved, [2, 2, 2]) }))).toBeCloseTo(
          expected,
          4,
        );
      },
    ),
    { numRuns: 50 },
  );
});

test('all masked: loss and gradient 0', () => {
  const labels = tf.fill([2], -1, 'int32');
  const logits = tf.tensor2d([
    [1, 2],
    [3, 4],
  ]);
  expect(numberOf(relationLoss({ logits, labels }))).toBe(0);
  const gradient = tf.grad((x: tf.Tensor) => relationLoss({ logits: x, labels }))(logits);
  expect([...gradient.dataSync()]).toEqual([0, 0, 0, 0]);
});

test('gradient, tensors, errors', () => {
  const labels = tf.tensor1d([1, -1, 0], 'int32');
  const logits = tf.tensor2d([
    [1, 2],
    [3, 4],
    [-1, 0.5],
  ]);
  expectGradient((x) => relationLoss({ logits: x, labels }), [logits]);
  expectNoLeak(() => relationLoss({ logits, labels }));
  expect(() => relationLoss({ logits, labels: tf.zeros([2], 'int32') })).toThrow(
    'relationLoss: expected labels to be [3], got [2]; give one label a pair',
  );
});
