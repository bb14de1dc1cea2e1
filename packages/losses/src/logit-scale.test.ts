import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { INITIAL_LOG_SCALE, logitScaleOf, MAX_LOGIT_SCALE } from './logit-scale.js';
import { expectGradient, numberOf } from './test-support.js';

const slopeAt = (theta: number, sign: number) =>
  numberOf(tf.grad((x: tf.Tensor) => tf.mul(logitScaleOf(x), sign))(tf.scalar(theta)));

test('is exp(theta) within 1 and 100', () => {
  expect(numberOf(logitScaleOf(tf.scalar(INITIAL_LOG_SCALE)))).toBeCloseTo(1 / 0.07, 3);
  expect(numberOf(logitScaleOf(tf.scalar(-2)))).toBe(1);
  expect(numberOf(logitScaleOf(tf.scalar(9)))).toBeCloseTo(MAX_LOGIT_SCALE, 3);
  expectGradient((x) => logitScaleOf(x), [tf.scalar(1.5)]);
});

test('at the edges the gradient passes only where a descent step leads back', () => {
  // Beyond the top: a loss that grows with s pulls theta down (slope 100), one that falls with s
  // would push it further (0).
  expect(slopeAt(5, 1)).toBeCloseTo(100, 3);
  expect(slopeAt(5, -1)).toBeCloseTo(0, 12);
  // Below the bottom s = 1: the other way round.
  expect(slopeAt(-1, -1)).toBeCloseTo(-1, 6);
  expect(slopeAt(-1, 1)).toBeCloseTo(0, 12);
});
