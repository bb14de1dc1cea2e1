import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { dpoLoss } from './dpo-loss.js';
import { expectGradient, expectNoLeak, numberOf } from './test-support.js';

const row = (...values: number[]): tf.Tensor => tf.tensor1d(values);
const reference = { referenceChosenLogProbs: row(-2, -2), referenceRejectedLogProbs: row(-2, -2) };

test('by hand', () => {
  // h = 0.5 [ (-1 + 2) - (-3 + 2) ] = 1 and 0.5 [ (-3 + 2) - (-1 + 2) ] = -1:
  // log(1 + e^-1) = 0.313262 and log(1 + e) = 1.313262, mean 0.813262.
  const inputs = { chosenLogProbs: row(-1, -3), rejectedLogProbs: row(-3, -1), ...reference };
  const { total, margin, accuracy } = dpoLoss(inputs, { beta: 0.5 });
  expect(numberOf(total)).toBeCloseTo(0.813262, 5);
  expect(numberOf(margin)).toBeCloseTo(0, 6);
  expect(numberOf(accuracy)).toBeCloseTo(0.5, 6);
  // Smoothing 1/4 of one pair with h = 1: 0.75 * 0.313262 + 0.25 * 1.313262 = 0.563262.
  const one = {
    chosenLogProbs: row(-1),
    rejectedLogProbs: row(-3),
    referenceChosenLogProbs: row(-2),
    referenceRejectedLogProbs: row(-2),
  };
  expect(numberOf(dpoLoss(one, { beta: 0.5, labelSmoothing: 0.25 }).total)).toBeCloseTo(0.563262, 5);
});

test('far margins stay finite', () => {
  const inputs = { chosenLogProbs: row(-4000, 0), rejectedLogProbs: row(0, -4000), ...reference };
  expect(numberOf(dpoLoss(inputs, { beta: 1 }).total)).toBeCloseTo(2000, 2);
});

test('gradient, tensors, errors', () => {
  const both = [row(-1, -2.5), row(-2, -1)];
  const loss = (chosen?: tf.Tensor, rejected?: tf.Tensor): tf.Tensor =>
    dpoLoss(
      { chosenLogProbs: chosen as tf.Tensor, rejectedLogProbs: rejected as tf.Tensor, ...reference },
      { beta: 0.7, labelSmoothing: 0.1 },
    ).total;
  expectGradient(loss, both);
  expectNoLeak(() => loss(...both));
  expect(() => dpoLoss({ chosenLogProbs: row(-1), rejectedLogProbs: row(-1, -2), ...reference })).toThrow(
    'dpoLoss: expected rejectedLogProbs to match chosenLogProbs [1], got [2]; give one a pair',
  );
  const inputs = { chosenLogProbs: row(0, 0), rejectedLogProbs: row(0, 0), ...reference };
  expect(() => dpoLoss(inputs, { beta: 0 })).toThrow('beta > 0, got 0');
  expect(() => dpoLoss(inputs, { labelSmoothing: 0.6 })).toThrow('labelSmoothing in 0..0.5, got 0.6');
});
