import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { l2Normalize } from './l2-normalize.js';
import { expectClose, expectGradient } from './test-support.js';

test('by hand: [3, 4] has length 5', () => {
  expectClose(
    l2Normalize(
      tf.tensor2d([
        [3, 4],
        [0, 2],
      ]),
    ),
    [0.6, 0.8, 0, 1],
  );
  expectClose(
    l2Normalize(
      tf.tensor2d([
        [3, 0],
        [4, 2],
      ]),
      0,
    ),
    [0.6, 0, 0.8, 1],
  );
});

test('zero stays zero, with a finite gradient', () => {
  const zero = tf.zeros([1, 3]);
  expectClose(l2Normalize(zero), [0, 0, 0]);
  const gradient = tf.grad((x: tf.Tensor) => tf.sum(l2Normalize(x)))(zero);
  expect(gradient.dataSync().every(Number.isFinite)).toBe(true);
});

test('gradient against finite differences', () => {
  const pick = tf.tensor2d([[1, 2, 3]]);
  expectGradient((x) => tf.sum(tf.mul(l2Normalize(x), pick)), [tf.tensor2d([[0.5, -1, 0.7]])]);
});
