import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { expectGradient, expectNoLeak, numberOf } from './test-support.js';
import { valueLoss } from './value-loss.js';

const row = (...values: number[]): tf.Tensor => tf.tensor1d(values);

test('by hand: the worse of the value and of one that moved no further than the clip', () => {
  //   V = 1, old 0, G = 1: V' = 0.2, max(0, 0.64) = 0.64
  //   V = 1, old 0, G = 0: V' = 0.2, max(1, 0.04) = 1
  //   V = 0.1, old 0, G = 1: V' = V, 0.81
  // The last is masked: (0.64 + 1 + 0.81) / 3 / 2 = 0.408333.
  const loss = valueLoss({
    values: row(1, 1, 0.1, 9),
    oldValues: row(0, 0, 0, 0),
    returns: row(1, 0, 1, 0),
    mask: row(1, 1, 1, 0),
  });
  expect(numberOf(loss)).toBeCloseTo(0.408333, 5);
});

test('gradient, tensors, errors', () => {
  const rest = { oldValues: row(0, 0.5, 1), returns: row(1, 0, 2), mask: row(1, 1, 0.5) };
  expectGradient((x) => valueLoss({ values: x, ...rest }), [row(0.1, 0.35, 1.6)]);
  expectNoLeak(() => valueLoss({ values: row(0, 0, 0), ...rest }));
  expect(() => valueLoss({ values: row(0, 0), ...rest })).toThrow(
    'valueLoss: expected oldValues to match values [2], got [3]',
  );
  expect(() => valueLoss({ values: row(0, 0, 0), ...rest }, { clip: Number.NaN })).toThrow(
    'clip > 0, got NaN',
  );
});
