import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { createFunction } from './compiled-function.js';
import { computedIf } from './computed-if.js';
import type { Program } from './tensors.js';

/**
 * Where x's sum is positive, x / 2, which the branch reads from around it, and one count
 * twice; otherwise x, 7 and 8.
 */
const program: Program = (_, { x }) => {
  const given = x as tf.Tensor;
  const half = tf.mul(given, 0.5);
  const [y, count, again] = computedIf(tf.greater(tf.sum(given), 0), () => {
    const count = tf.add(tf.scalar(40, 'int32'), tf.scalar(2, 'int32'));
    return [half, count, count];
  }, [given, tf.scalar(7, 'int32'), tf.scalar(8, 'int32')]);
  return { y: tf.neg(y as tf.Tensor), count: count as tf.Tensor, again: again as tf.Tensor };
};

test.each(['ort-cpu', 'tfjs-cpu'] as const)('one of two branches is handed on, on %s', async (backend) => {
  const run = createFunction(program, { backend });
  const of = async (...values: number[]) => {
    const results = await run.run({ x: { shape: [2], dtype: 'float32', data: Float32Array.from(values) } });
    return [
      ...(results['y']?.data ?? []),
      ...(results['count']?.data ?? []),
      ...(results['again']?.data ?? []),
    ];
  };
  expect(await of(4, -2)).toEqual([-2, 1, 42, 42]);
  expect(await of(-4, 2)).toEqual([4, -2, 7, 8]);
  expect(await of(Number.NaN, 2)).toEqual([Number.NaN, -2, 7, 8]);
  await run.dispose();
});
