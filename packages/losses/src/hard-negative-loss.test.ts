import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hardNegativeLoss } from './hard-negative-loss.js';
import {
  dot,
  expectGradient,
  expectNoLeak,
  matrix,
  negativeLogSoftmax,
  numberOf,
  unit,
} from './test-support.js';

test('by hand: one region, two negatives, s = 1', () => {
  // Cosines 1, 0 and -1: log(1 + e^-1 + e^-2) = 0.407606.
  const loss = hardNegativeLoss({
    regions: tf.tensor2d([[1, 0]]),
    texts: tf.tensor2d([[1, 0]]),
    negatives: tf.tensor3d([
      [
        [0, 1],
        [-1, 0],
      ],
    ]),
    logitScale: tf.scalar(0),
  });
  expect(numberOf(loss)).toBeCloseTo(0.407606, 5);
});

test('equals the definition; padded regions, negatives and regions without any count nothing', () => {
  const bits = (length: number) => fc.array(fc.constantFrom(0, 1), { minLength: length, maxLength: length });
  fc.assert(
    fc.property(matrix(3, 2), matrix(3, 2), matrix(6, 2), bits(3), bits(6), (v, t, n, mask, negativeMask) => {
      const [regions, texts, all] = [v.map(unit), t.map(unit), n.map(unit)];
      const losses = regions.flatMap((region, i) => {
        const wrong = [0, 1]
          .filter((k) => negativeMask[2 * i + k] === 1)
          .map((k) => all[2 * i + k] as number[]);
        if (mask[i] === 0 || wrong.length === 0) return [];
        return [
          negativeLogSoftmax(
            [texts[i] as number[], ...wrong].map((text) => 3 * dot(region, text)),
            0,
          ),
        ];
      });
      const expected = losses.length === 0 ? 0 : losses.reduce((a, b) => a + b) / losses.length;
      const actual = hardNegativeLoss({
        regions: tf.tensor2d(regions),
        texts: tf.tensor2d(texts),
        negatives: tf.reshape(tf.tensor2d(all), [3, 2, 2]),
        logitScale: tf.scalar(Math.log(3)),
        mask: tf.tensor1d(mask),
        negativeMask: tf.reshape(tf.tensor1d(negativeMask), [3, 2]),
      });
      expect(numberOf(actual)).toBeCloseTo(expected, 4);
    }),
    { numRuns: 60 },
  );
});

test('gradient, tensors, errors', () => {
  const inputs = {
    regions: tf.tensor2d([
      [0.6, 0.8],
      [1, 0],
    ]),
    texts: tf.tensor2d([
      [0, 1],
      [0.8, 0.6],
    ]),
    negatives: tf.tensor3d([
      [
        [1, 0],
        [0, -1],
      ],
      [
        [0.6, 0.8],
        [0, 0],
      ],
    ]),
    negativeMask: tf.tensor2d([
      [1, 1],
      [1, 0],
    ]),
    logitScale: tf.scalar(1),
  };
  expectGradient(
    (v, t, n, s) =>
      hardNegativeLoss({
        ...inputs,
        regions: v,
        texts: t,
        negatives: n,
        logitScale: s,
      }),
    [inputs.regions, inputs.texts, inputs.negatives, inputs.logitScale],
  );
  expectNoLeak(() => hardNegativeLoss(inputs));
  expect(() => hardNegativeLoss({ ...inputs, negatives: tf.zeros([4, 2]) })).toThrow(
    'hardNegativeLoss: expected negatives to be [2, *, 2], got [4, 2]',
  );
});
