import '@tensorflow/tfjs-backend-cpu';
import './register-gradients.test-support.js';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect } from 'vitest';

// Silences the backend's advice to install another one.
tf.env().set('PROD', true);
await tf.setBackend('cpu');

/** The value of a scalar. */
export function numberOf(scalar: tf.Tensor): number {
  expect(scalar.shape).toEqual([]);
  return scalar.dataSync()[0] as number;
}

/** -log softmax(row)[label] by its definition, in double precision. */
export function negativeLogSoftmax(row: readonly number[], label: number): number {
  const sum = row.reduce((total, x) => total + Math.exp(x), 0);
  return Math.log(sum) - (row[label] as number);
}

/** Rows of one length with entries in -1..1. */
export function matrix(rows: number, columns: number): fc.Arbitrary<number[][]> {
  const entry = fc.double({ min: -1, max: 1, noNaN: true });
  const row = fc.array(entry, { minLength: columns, maxLength: columns });
  return fc.array(row, { minLength: rows, maxLength: rows });
}

/** A row of unit length; the first axis for a row that is as good as zero. */
export function unit(row: readonly number[]): number[] {
  const length = Math.hypot(...row);
  return length > 1e-3 ? row.map((x) => x / length) : row.map((_, i) => (i === 0 ? 1 : 0));
}

/** The inner product. */
export function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);
}

/** Checks tfjs's gradient against central differences, entry by entry. */
export function expectGradient(loss: (...xs: tf.Tensor[]) => tf.Tensor, at: tf.Tensor[]): void {
  const analytic = tf.grads((...xs: tf.Tensor[]) => loss(...xs))(at);
  const step = 0.01;
  at.forEach((tensor, which) => {
    const values = Float32Array.from(tensor.dataSync());
    const numeric = values.map((_, i) => {
      const moved = (by: number) => {
        const changed = values.slice();
        changed[i] = (changed[i] as number) + by;
        const xs = at.map((x, other) => (other === which ? tf.tensor(changed, x.shape) : x));
        return numberOf(loss(...xs));
      };
      return (moved(step) - moved(-step)) / (2 * step);
    });
    expectClose(analytic[which] as tf.Tensor, numeric, 2e-3);
  });
}

/** Compares every entry, absolutely for small ones and relatively for large ones. */
export function expectClose(actual: tf.Tensor, expected: ArrayLike<number>, tolerance = 1e-5): void {
  const values = actual.dataSync();
  expect(values.length).toBe(expected.length);
  values.forEach((value, i) => {
    const wanted = expected[i] as number;
    expect(Math.abs(value - wanted)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(wanted)));
  });
}

/** Checks that a function leaves nothing but its result. */
export function expectNoLeak(compute: () => tf.Tensor): void {
  tf.tidy(compute).dispose();
  const before = tf.memory().numTensors;
  tf.tidy(compute).dispose();
  expect(tf.memory().numTensors).toBe(before);
}
