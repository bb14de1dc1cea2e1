import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { createFunction } from './compiled-function.js';
import { repeated } from './repeated.js';
import type { Program } from './tensors.js';

/** Sums rows of x times their number, counts rounds, and reads a weight and a constant from around the loop. */
const program: Program = ({ w }, { x }) => {
  const doubled = tf.mul(x as tf.Tensor, 2);
  const [sum, count] = repeated(3, [tf.zeros([2]), tf.scalar(0, 'int32')], (round, [sum, count]) => {
    const row = tf.gather(doubled, round);
    // A gradient within a round, a constant that only the body uses, and a loop within the loop.
    const slope = tf.grad((row) => tf.sum(tf.mul(tf.square(row), w as tf.Tensor)))(row);
    const [inner] = repeated(2, [slope], (_, [carried]) => [
      tf.add(carried as tf.Tensor, tf.tensor1d([10, 20])),
    ]);
    return [
      tf.add(sum as tf.Tensor, tf.mul(inner as tf.Tensor, tf.cast(round, 'float32'))),
      tf.add(count as tf.Tensor, tf.scalar(1, 'int32')),
    ];
  });
  return { sum: tf.add(sum as tf.Tensor, tf.tensor1d([10, 20])), count: count as tf.Tensor };
};
const weights = { w: { shape: [2], dtype: 'float32', data: Float32Array.of(1, -1) } } as const;
const x = { shape: [3, 2], dtype: 'float32', data: Float32Array.of(1, 2, 3, 4, 5, 6) } as const;

test.each(['ort-cpu', 'tfjs-cpu'] as const)('a loop carries its results, on %s', async (backend) => {
  const run = createFunction(program, { weights, backend });
  const { sum, count } = await run.run({ x });
  // Rounds 1 and 2: (4 x w + (20, 40)) times the round's number.
  expect([...(sum?.data ?? [])]).toEqual([10 + (12 + 20) + 2 * (20 + 20), 20 + (-16 + 40) + 2 * (-24 + 40)]);
  expect([...(count?.data ?? [])]).toEqual([3]);
  await run.dispose();
});

test('what a round made is not known outside of it', async () => {
  const run = createFunction((_, { x }) => {
    let leaked = x as tf.Tensor;
    repeated(2, [x as tf.Tensor], (_, [carried]) => {
      leaked = tf.keep(tf.square(carried as tf.Tensor));
      return [leaked];
    });
    return { y: tf.neg(leaked) };
  });
  await expect(run.run({ x })).rejects.toMatchObject({ code: 'compile/foreign-tensor' });
});
