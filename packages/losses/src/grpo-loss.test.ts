import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { grpoLoss } from './grpo-loss.js';
import { expectGradient, expectNoLeak, numberOf } from './test-support.js';

/** Two responses, of one and of three tokens. */
const mask = tf.tensor2d([
  [1, 0, 0],
  [1, 1, 1],
]);
const old = tf.tensor2d([
  [-1, 0, 0],
  [-1, -2, -0.5],
]);
const advantages = tf.tensor1d([1, -1]);

test('by hand: the mean of a response first, then of responses; or of all tokens', () => {
  // Ratio 1 everywhere and pi_ref = e^0.5 pi on the first token of each: K = e^0.5 - 1.5 = 0.148721.
  // Responses: 1/2 [ (-1 + b K) + (3 + b K) / 3 ] = 1/2 b K 4/3 = 0.0991475 at b = 1; its policy part is 0.
  // Tokens: [ (-1 + b K) + (3 + b K) ] / 4 = 0.5 + b K / 2 = 0.574361.
  const referenceLogProbs = tf.add(
    old,
    tf.tensor2d([
      [0.5, 9, 9],
      [0.5, 0, 0],
    ]),
  );
  const inputs = { logProbs: old, oldLogProbs: old, referenceLogProbs, advantages, mask };
  const byResponse = grpoLoss(inputs, { beta: 1 });
  expect(numberOf(byResponse.policy)).toBeCloseTo(0, 6);
  expect(numberOf(byResponse.total)).toBeCloseTo(0.0991475, 5);
  expect(numberOf(byResponse.klToReference)).toBeCloseTo(0.148721 / 2, 5);
  expect(numberOf(grpoLoss(inputs, { beta: 1, mean: 'tokens' }).total)).toBeCloseTo(0.574361, 5);
});

test('clips as PPO does', () => {
  const logProbs = tf.add(old, Math.log(2));
  const { policy, clipFraction } = grpoLoss(
    { logProbs, oldLogProbs: old, referenceLogProbs: logProbs, advantages, mask },
    { beta: 0 },
  );
  // -(1.2 + -2) / 2
  expect(numberOf(policy)).toBeCloseTo(0.4, 5);
  expect(numberOf(clipFraction)).toBeCloseTo(1, 6);
});

test('gradient, tensors, errors', () => {
  const rest = { oldLogProbs: old, referenceLogProbs: tf.add(old, 0.3), advantages, mask };
  expectGradient((x) => grpoLoss({ logProbs: x, ...rest }, { beta: 0.5 }).total, [tf.add(old, 0.1)]);
  expectNoLeak(() => grpoLoss({ logProbs: old, ...rest }).total);
  const empty = { ...rest, mask: tf.zeros([2, 3]) };
  expect(numberOf(grpoLoss({ logProbs: old, ...empty }).total)).toBe(0);
  expect(() => grpoLoss({ logProbs: old, ...rest, advantages: tf.zeros([2, 3]) })).toThrow(
    'grpoLoss: expected advantages to be [2], got [2, 3]; give one a response (groupAdvantages)',
  );
  expect(() => grpoLoss({ logProbs: old, ...rest, oldLogProbs: tf.zeros([2, 9]) })).toThrow(
    'grpoLoss: expected oldLogProbs',
  );
  expect(() => grpoLoss({ logProbs: old, ...rest }, { beta: -1 })).toThrow('beta >= 0, got -1');
});
