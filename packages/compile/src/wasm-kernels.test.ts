import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFunction } from './compiled-function.js';

tf.env().set('PROD', true);

test('sums of rows by index on wasm are those of tfjs-cpu, rows of no segment left out', async () => {
  const cases = fc
    .record({
      rows: fc.integer({ min: 1, max: 5 }),
      width: fc.integer({ min: 1, max: 3 }),
      segments: fc.integer({ min: 1, max: 4 }),
    })
    .chain(({ rows, width, segments }) =>
      fc.record({
        segments: fc.constant(segments),
        shape: fc.constant([rows, width]),
        values: fc.array(fc.integer({ min: -99, max: 99 }), {
          minLength: rows * width,
          maxLength: rows * width,
        }),
        indices: fc.array(fc.integer({ min: -1, max: segments - 1 }), { minLength: rows, maxLength: rows }),
      }),
    );
  await fc.assert(
    fc.asyncProperty(cases, async ({ segments, shape, values, indices }) => {
      const x = { shape, dtype: 'float32', data: Float32Array.from(values) } as const;
      const ids = { shape: [indices.length], dtype: 'int32', data: Int32Array.from(indices) } as const;
      const sums = (backend: 'tfjs-cpu' | 'tfjs-wasm') =>
        createFunction(
          (_weights, inputs) => ({
            y: tf.unsortedSegmentSum(inputs['x'] as tf.Tensor, inputs['ids'] as tf.Tensor1D, segments),
          }),
          { backend },
        ).run({ x, ids });
      expect(await sums('tfjs-wasm')).toEqual(await sums('tfjs-cpu'));
    }),
    { numRuns: 50 },
  );
});

test('the gradient of a gather on wasm: each row as often as it was taken', async () => {
  const gathered = createFunction(
    (_weights, { x, ids }) => ({
      gradient: tf.grad((rows: tf.Tensor) => tf.sum(tf.gather(rows, ids as tf.Tensor1D)))(x as tf.Tensor),
    }),
    { backend: 'tfjs-wasm' },
  );
  const { gradient } = await gathered.run({
    x: { shape: [3, 2], dtype: 'float32', data: new Float32Array(6) },
    ids: { shape: [4], dtype: 'int32', data: Int32Array.of(2, 0, 2, 2) },
  });
  expect(gradient?.data).toEqual(Float32Array.of(1, 1, 0, 0, 3, 3));
});

test('sums of whole numbers stay whole', async () => {
  const sums = createFunction(
    (_weights, { x, ids }) => ({ y: tf.unsortedSegmentSum(x as tf.Tensor, ids as tf.Tensor1D, 2) }),
    { backend: 'tfjs-wasm' },
  );
  const { y } = await sums.run({
    x: { shape: [3], dtype: 'int32', data: Int32Array.of(5, 7, 16_777_217) },
    ids: { shape: [3], dtype: 'int32', data: Int32Array.of(1, 1, 0) },
  });
  // The first is no float32.
  expect(y).toEqual({ shape: [2], dtype: 'int32', data: Int32Array.of(16_777_217, 12) });
});
