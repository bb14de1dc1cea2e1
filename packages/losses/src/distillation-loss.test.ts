import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { distillationLoss } from './distillation-loss.js';
import { expectGradient, expectNoLeak, matrix, negativeLogSoftmax, numberOf } from './test-support.js';

test('by hand: KL of two coins, tau squared, the masked left out', () => {
  // p_T = (1/2, 1/2), p_S = (1/4, 3/4): 1/2 log 2 + 1/2 log 2/3 = 0.143841; p_T = p_S: 0; the third is masked.
  const logits = tf.log(
    tf.tensor2d([
      [1, 3],
      [2, 6],
      [1, 1],
    ]),
  );
  const teacherLogits = tf.log(
    tf.tensor2d([
      [4, 4],
      [1, 3],
      [9, 1],
    ]),
  );
  const mask = tf.tensor1d([1, 1, 0]);
  for (const temperature of [0, -1, Number.NaN])
    expect(() => distillationLoss({ logits, teacherLogits, mask }, { temperature })).toThrow(
      `distillationLoss: expected temperature > 0, got ${temperature}`,
    );
  expect(numberOf(distillationLoss({ logits, teacherLogits, mask }))).toBeCloseTo(0.143841 / 2, 5);
  // tau 1/2 squares the odds: p_S = (1/10, 9/10) of the first, p_T as before: (1/2 log 5 + 1/2 log 5/9) / 4 = 0.127706.
  expect(numberOf(distillationLoss({ logits, teacherLogits, mask }, { temperature: 0.5 }))).toBeCloseTo(
    0.127706 / 2,
    5,
  );
});

test('equals the definition, is never negative, and 0 of itself', () => {
  const weights = fc.array(fc.double({ min: 0, max: 2, noNaN: true }), { minLength: 6, maxLength: 6 });
  fc.assert(
    fc.property(
      matrix(6, 5),
      matrix(6, 5),
      weights,
      fc.constantFrom(0.7, 1, 2.5),
      (student, teacher, m, temperature) => {
        const at = (rows: readonly (readonly number[])[], i: number, v: number): number =>
          -negativeLogSoftmax(
            (rows[i] ?? []).map((x) => x / temperature),
            v,
          );
        const sum = m.reduce((all, weight, i) => {
          const divergence = [0, 1, 2, 3, 4].reduce(
            (kl, v) => kl + Math.exp(at(teacher, i, v)) * (at(teacher, i, v) - at(student, i, v)),
            0,
          );
          return all + weight * divergence;
        }, 0);
        const cube = (rows: readonly (readonly number[])[]) =>
          tf.reshape(tf.tensor2d(rows.map((row) => [...row])), [2, 3, 5]);
        const mask = tf.reshape(tf.tensor1d([...m]), [2, 3]);
        const loss = (logits: tf.Tensor, teacherLogits: tf.Tensor) =>
          numberOf(distillationLoss({ logits, teacherLogits, mask }, { temperature }));
        const total = m.reduce((a, b) => a + b);
        const found = loss(cube(student), cube(teacher));
        expect(found).toBeCloseTo((temperature ** 2 * sum) / Math.max(total, 1), 3);
        expect(found).toBeGreaterThan(-1e-5);
        expect(Math.abs(loss(cube(teacher), cube(teacher)))).toBeLessThan(1e-5);
      },
    ),
    { numRuns: 50 },
  );
});

test('the gradient is that of finite differences', () => {
  const teacherLogits = tf.randomNormal([2, 3, 4], 0, 1, 'float32', 1);
  const mask = tf.tensor2d([
    [1, 0, 0.5],
    [2, 1, 0],
  ]);
  const logits = tf.randomNormal([2, 3, 4], 0, 1, 'float32', 2);
  for (const temperature of [1, 2])
    expectGradient((x) => distillationLoss({ logits: x, teacherLogits, mask }, { temperature }), [logits]);
});

test('refuses shapes that do not go together, and leaks nothing', () => {
  const logits = tf.zeros([2, 3, 4]);
  const mask = tf.zeros([2, 3]);
  expect(() => distillationLoss({ logits, teacherLogits: tf.zeros([2, 3, 5]), mask })).toThrow(
    /expected teacherLogits to match logits \[2, 3, 4\], got \[2, 3, 5\]/,
  );
  expect(() => distillationLoss({ logits, teacherLogits: logits, mask: tf.zeros([3]) })).toThrow(/mask/);
  expectNoLeak(() => distillationLoss({ logits, teacherLogits: logits, mask }));
  expect(numberOf(distillationLoss({ logits, teacherLogits: logits, mask }))).toBe(0);
});
