import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { captureGraph } from './capture.js';
import { createFunction } from './compiled-function.js';
import { recomputed } from './recomputed.js';
import type { HostTensor, TensorMap } from './tensors.js';

beforeEach(async () => {
  await tf.setBackend('cpu');
  tf.engine().startScope();
});
afterEach(() => tf.engine().endScope());

const matrix = (rows: number, columns: number, seed: number): HostTensor => ({
  shape: [rows, columns],
  dtype: 'float32',
  data: Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(seed + i) / Math.sqrt(columns)),
});

/** A feed-forward block that picks rows and masks them: float32, int32 and bool arguments. */
function block(x: tf.Tensor, { w, v, order, kept }: TensorMap): tf.Tensor {
  const hidden = tf.tanh(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D));
  const picked = tf.gather(tf.matMul(hidden, v as tf.Tensor2D), order as tf.Tensor1D);
  return tf.where(kept as tf.Tensor, picked, tf.zerosLike(picked));
}
const inputs = {
  x: matrix(3, 4, 1),
  w: matrix(4, 6, 2),
  v: matrix(6, 4, 3),
  order: { shape: [3], dtype: 'int32', data: Int32Array.of(2, 0, 2) },
  kept: { shape: [3, 4], dtype: 'bool', data: Uint8Array.of(1, 1, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1) },
} as const satisfies Record<string, HostTensor>;

type Run = (x: tf.Tensor, others: TensorMap) => tf.Tensor;

/** The value of two blocks in a row, and the gradients of its sum of squares. */
function gradients(run: Run, all: TensorMap): TensorMap {
  const { x, w, v, ...rest } = all;
  const loss = (x: tf.Tensor, w: tf.Tensor, v: tf.Tensor): tf.Scalar => {
    const others = { w, v, ...rest };
    return tf.sum(tf.square(run(run(x, others), others)));
  };
  const { value, grads } = tf.valueAndGrads(loss)([x, w, v] as tf.Tensor[]);
  const [dx, dw, dv] = grads as [tf.Tensor, tf.Tensor, tf.Tensor];
  return { value, dx, dw, dv };
}

describe('recomputed', () => {
  const again: Run = (x, others) => recomputed(block, x, others);

  test('gives the value and the gradients of the block itself, captured', async () => {
    const [plain, twice] = [block, again].map((run) => createFunction((_, all) => gradients(run, all)));
    expect(await twice?.run(inputs)).toEqual(await plain?.run(inputs));
    await Promise.all([plain?.dispose(), twice?.dispose()]);
  });

  test('and eagerly, holding no tensor', () => {
    const tensors = Object.fromEntries(
      Object.entries(inputs).map(([name, { data, shape, dtype }]) => [
        name,
        tf.tensor(data, [...shape], dtype),
      ]),
    );
    const before = tf.memory().numTensors;
    const [plain, twice] = [block, again].map((run) =>
      tf.tidy(() => Object.values(gradients(run, tensors)).map((tensor) => [...tensor.dataSync()])),
    );
    expect(twice).toEqual(plain);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('constants get no gradient, at no cost', () => {
    const nodes = (asConstants: boolean): number =>
      captureGraph(
        { x: { shape: [3, 4], dtype: 'float32' }, mask: { shape: [3, 4], dtype: 'float32' } },
        ({ x, mask }) => {
          const masked = (y: tf.Tensor, read: TensorMap): tf.Tensor =>
            tf.exp(tf.mul(y, tf.tanh(read['mask'] as tf.Tensor)));
          const given = { mask: mask as tf.Tensor };
          const dx = tf.grad((y) =>
            tf.sum(asConstants ? recomputed(masked, y, {}, given) : recomputed(masked, y, given)),
          )(x as tf.Tensor);
          return { dx };
        },
      ).nodes;
    expect(nodes(true)).toBeLessThan(nodes(false));
  });

  test('one block within another, and second gradients', async () => {
    const cube: Run = (x) => tf.mul(tf.square(x), x);
    const nested: Run = (x) => recomputed((x) => tf.mul(recomputed(cube, x), 2), x);
    const second = createFunction((_, { x }) => ({
      first: tf.grad((x) => tf.sum(nested(x, {})))(x as tf.Tensor),
      second: tf.grad((x) => tf.sum(tf.grad((x) => tf.sum(nested(x, {})))(x)))(x as tf.Tensor),
    }));
    const { first, second: curvature } = await second.run({
      x: { shape: [2], dtype: 'float32', data: Float32Array.of(3, -1) },
    });
    expect([...(first?.data ?? [])]).toEqual([54, 6]);
    expect([...(curvature?.data ?? [])]).toEqual([36, -12]);
    await second.dispose();
  });

  test('a block that leaves out an argument, or returns one: the gradients without it', async () => {
    const blocks: readonly Run[] = [
      (x) => tf.square(x),
      (_x, { w }) => tf.square(w as tf.Tensor),
      (_x, { w }) => w as tf.Tensor,
      (x) => x,
    ];
    for (const some of blocks) {
      const program = (run: Run) =>
        createFunction((_, { x, w }) => {
          const loss = (x: tf.Tensor, w: tf.Tensor): tf.Scalar =>
            tf.sum(tf.mul(tf.add(run(x, { w }), tf.mul(run(x, { w }), x)), w));
          const [dx, dw] = tf.grads(loss)([x, w] as tf.Tensor[]) as [tf.Tensor, tf.Tensor];
          return { dx, dw };
        });
      const [plain, twice] = [program(some), program((x, others) => recomputed(some, x, others))];
      // Whole numbers, whose sums are the same in any order.
      const given = {
        x: { shape: [3], dtype: 'float32', data: Float32Array.of(1, -2, 3) },
        w: { shape: [3], dtype: 'float32', data: Float32Array.of(5, 7, -4) },
      } as const;
      expect(await twice.run(given)).toEqual(await plain.run(given));
      await Promise.all([plain.dispose(), twice.dispose()]);
    }
  });

  test('an empty batch and a single number', async () => {
    const step = createFunction((_, { x }) => ({
      dx: tf.grad((x) => tf.sum(recomputed((x) => tf.square(x), x)))(x as tf.Tensor),
    }));
    const empty = await step.run({ x: { shape: [0, 2], dtype: 'float32', data: new Float32Array(0) } });
    expect(empty['dx']?.shape).toEqual([0, 2]);
    const single = await step.run({ x: { shape: [], dtype: 'float32', data: Float32Array.of(3) } });
    expect([...(single['dx']?.data ?? [])]).toEqual([6]);
    await step.dispose();
  });
});
