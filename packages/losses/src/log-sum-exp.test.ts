import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { logSumExp } from './log-sum-exp.js';
import { expectClose, expectGradient, matrix } from './test-support.js';

test('by hand: log(1 + 3) and log(2 + 2)', () => {
  const x = tf.log(
    tf.tensor2d([
      [1, 3],
      [2, 2],
    ]),
  );
  expectClose(logSumExp(x), [Math.log(4), Math.log(4)]);
  expectClose(logSumExp(x, 0), [Math.log(3), Math.log(5)]);
});

test('does not overflow, underflow or lose the largest', () => {
  expectClose(
    logSumExp(
      tf.tensor2d([
        [1e4, 0],
        [-1e4, -1e4],
        [-1e9, -1e9],
      ]),
    ),
    [1e4, Math.log(2) - 1e4, -1e9],
  );
});

test('equals tfjs over any axis', () => {
  fc.assert(
    fc.property(matrix(3, 4), fc.constantFrom(0, 1, -1), (rows, axis) => {
      const x = tf.tensor2d(rows);
      expectClose(logSumExp(x, axis), tf.logSumExp(x, axis).dataSync());
    }),
    { numRuns: 30 },
  );
});

test('its gradient is softmax', () => {
  const x = tf.tensor2d([
    [0.3, -1, 2],
    [1, 1, 1],
  ]);
  expectClose(tf.grad((y: tf.Tensor) => tf.sum(logSumExp(y)))(x), tf.softmax(x).dataSync());
  expectGradient((y) => tf.sum(tf.square(logSumExp(y, 0))), [x]);
  const far = tf.grad((y: tf.Tensor) => tf.sum(logSumExp(y)))(tf.tensor2d([[1e4, -1e9]]));
  expect([...far.dataSync()]).toEqual([1, 0]);
});
