import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { runEagerly } from './run-eagerly.js';
import { createFunction } from './compiled-function.js';
import type { HostTensor } from './tensors.js';

// Silences the backend's advice to install another one.
tf.env().set('PROD', true);

const real = (shape: readonly number[], ...values: number[]): HostTensor => ({
  shape,
  dtype: 'float32',
  data: Float32Array.from(values),
});

/** Where random numbers seldom fall: the gradient of the sum of a result, worked by hand. */
const CASES: readonly (readonly [string, (x: tf.Tensor) => tf.Tensor, HostTensor, readonly number[]])[] = [
  ['equals share that of their maximum', (x) => tf.max(x), real([3], 3, 1, 3), [0.5, 0, 0.5]],
  ['equals share that of their minimum', (x) => tf.min(x, 0), real([2, 2], 1, 5, 1, 6), [0.5, 1, 0.5, 0]],
  ['|x| is flat at 0', (x) => tf.abs(x), real([3], -2, 0, 2), [-1, 0, 1]],
  ['x^0 is flat, at 0 too', (x) => tf.pow(x, tf.scalar(0)), real([2], 0, 2), [0, 0]],
  [
    'an infinite slope that was not chosen does not matter',
    (x) => tf.sqrt(tf.where(tf.greater(x, 4.5), tf.zerosLike(x), x)),
    real([2], 5, 4),
    [0, 0.25],
  ],
  ['whole numbers are steps', (x) => tf.cast(tf.cast(x, 'int32'), 'float32'), real([2], 1.5, -2.5), [0, 0]],
  [
    // y's gradients are added up, and the first of them disposed: it must not be x's too.
    "a gradient that is passed on is each input's own",
    (x) => {
      const y = tf.mul(x, 2);
      return tf.add(y, tf.add(y, x));
    },
    real([2], 4, 5),
    [5, 5],
  ],
  ['five axes are repeated', (x) => tf.tile(x, [2, 1, 1, 1, 3]), real([1, 1, 1, 1, 2], 7, 8), [6, 6]],
  [
    'what was broadcast to nothing is summed over nothing',
    (x) => tf.mul(x, tf.zeros([2, 0])),
    real([1, 1], 5),
    [0],
  ],
  [
    // Scale 3, variance 3 and epsilon 1: each of two places counts -3 / 2.
    'a mean with all axes',
    (x) =>
      tf.batchNorm(
        tf.ones([1, 2, 1, 1]),
        x,
        tf.fill([1, 1, 1, 1], 3),
        tf.zeros([1, 1, 1, 1]),
        tf.fill([1, 1, 1, 1], 3),
        1,
      ),
    real([1, 1, 1, 1], 2),
    [-3],
  ],
  [
    'a list of places is a list of rows',
    (x) => tf.mul(tf.scatterND<tf.Rank>(tf.tensor1d([3, 1], 'int32'), x, [4]), tf.tensor1d([1, 2, 3, 4])),
    real([2], 5, 6),
    [4, 2],
  ],
];

describe('gradients, eager and captured', () => {
  test.each(CASES)('%s', async (_name, run, x, expected) => {
    const program = (inputs: Readonly<Record<string, tf.Tensor>>) => ({
      dx: tf.grad((z) => tf.sum(run(z)))(inputs['x'] as tf.Tensor),
    });
    const captured = createFunction((_weights, inputs) => program(inputs), { threads: 1 });
    const { dx } = await captured.run({ x });
    await captured.dispose();
    const eager = await runEagerly('tfjs-cpu', { x }, program);
    expect(Array.from(dx?.data ?? [])).toEqual(expected);
    expect(Array.from(eager['dx']?.data ?? [])).toEqual(expected);
    expect(dx?.shape).toEqual(x.shape);
  });
});
