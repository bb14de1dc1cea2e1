import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { policyLoss } from './policy-loss.js';
import { expectGradient, expectNoLeak, matrix, numberOf } from './test-support.js';

const row = (...values: number[]): tf.Tensor => tf.tensor1d(values);

test('by hand: gains are cut where they would pay, not where they would cost', () => {
  // Ratios 2, 2, 1/2, 1/2 and 1.1; the range is 0.8 .. 1.2.
  //   A = +1, r = 2:   min(2, 1.2)        =  1.2
  //   A = -1, r = 2:   min(-2, -1.2)      = -2
  //   A = +1, r = 0.5: min(0.5, 0.8)      =  0.5
  //   A = -1, r = 0.5: min(-0.5, -0.8)    = -0.8
  //   A = +3, r = 1.1: min(3.3, 3.3)      =  3.3
  // -(1.2 - 2 + 0.5 - 0.8 + 3.3) / 5 = -0.44; 4 of 5 are outside; ratios' mean is 6.1 / 5 = 1.22.
  const logProbs = row(...[2, 2, 0.5, 0.5, 1.1].map(Math.log));
  const parts = policyLoss({
    logProbs,
    oldLogProbs: tf.zerosLike(logProbs),
    advantages: row(1, -1, 1, -1, 3),
    mask: tf.onesLike(logProbs),
  });
  expect(numberOf(parts.total)).toBeCloseTo(-0.44, 5);
  expect(numberOf(parts.clipFraction)).toBeCloseTo(0.8, 6);
  expect(numberOf(parts.ratio)).toBeCloseTo(1.22, 5);
  // r - 1 - log r: 2 (1 - 0.693147) + 2 (-0.5 + 0.693147) + 0.1 - 0.095310 = 1.004690, a fifth of it.
  expect(numberOf(parts.klToOld)).toBeCloseTo(1.00469 / 5, 5);
});

test('at the policy that wrote the tokens: ratio 1, nothing clipped, the gradient of - mean(A log pi)', () => {
  const advantages = row(0.5, -2, 1);
  const mask = row(1, 1, 0);
  const at = row(-0.3, -1, -4);
  // A tensor of its own: tfjs takes one tensor given twice as one variable.
  const oldLogProbs = tf.clone(at);
  const { ratio, clipFraction, klToOld } = policyLoss({ logProbs: at, oldLogProbs, advantages, mask });
  expect([numberOf(ratio), numberOf(clipFraction), numberOf(klToOld)]).toEqual([1, 0, 0]);
  const gradient = tf.grad(
    (x: tf.Tensor) => policyLoss({ logProbs: x, oldLogProbs, advantages, mask }).total,
  );
  expect([...gradient(at).dataSync()]).toEqual([-0.25, 1, -0]);
});

test('another bound above, and none but what the policy wrote', () => {
  const inputs = {
    logProbs: row(Math.log(3), 500),
    oldLogProbs: row(0, -500),
    advantages: row(1, 1),
    mask: row(1, 0),
  };
  expect(numberOf(policyLoss(inputs, { clipHigh: 0.28 }).total)).toBeCloseTo(-1.28, 5);
  const gradient = tf.grad((x: tf.Tensor) => policyLoss({ ...inputs, logProbs: x }).total)(row(0, 500));
  expect([...gradient.dataSync()]).toEqual([-1, -0]);
});

test('equals the definition, in any order', () => {
  const order = fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 });
  const clip = fc.double({ min: 0.05, max: 0.5, noNaN: true });
  fc.assert(
    fc.property(matrix(4, 6), order, clip, ([now, old, gain, weight] = [], places, c) => {
      const mask = (weight ?? []).map((x) => (x > -0.5 ? 1 : 0));
      const sum = mask.reduce<number>((all, m, i) => {
        const r = Math.exp((now?.[i] ?? 0) - (old?.[i] ?? 0));
        const a = gain?.[i] ?? 0;
        return all + m * Math.min(r * a, Math.min(1 + c, Math.max(1 - c, r)) * a);
      }, 0);
      const total = mask.reduce<number>((a, b) => a + b, 0);
      const pick = (xs: readonly number[] | undefined): tf.Tensor =>
        tf.reshape(tf.tensor1d(places.map((i) => xs?.[i] ?? 0)), [2, 3]);
      const loss = policyLoss(
        { logProbs: pick(now), oldLogProbs: pick(old), advantages: pick(gain), mask: pick(mask) },
        { clip: c },
      );
      expect(numberOf(loss.total)).toBeCloseTo(-sum / Math.max(1, total), 4);
    }),
    { numRuns: 50 },
  );
});

test('gradient, tensors, errors', () => {
  const rest = { oldLogProbs: row(-1, -1, -1), advantages: row(1, -1, 2), mask: row(1, 0.5, 1) };
  expectGradient((x) => policyLoss({ logProbs: x, ...rest }).total, [row(-0.9, -1.05, -0.5)]);
  expectNoLeak(() => policyLoss({ logProbs: row(-1, -1, -1), ...rest }).total);
  expect(() => policyLoss({ logProbs: row(-1), ...rest })).toThrow(
    'policyLoss: expected oldLogProbs to match logProbs [1], got [3]; give one entry a token',
  );
  expect(() => policyLoss({ logProbs: row(0, 0, 0), ...rest }, { clip: 0 })).toThrow('clip > 0, got 0');
});
