import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createFunction } from './compiled-function.js';
import { dequantized, quantizedMemory, type QuantizedMatrix, quantizeMatrix } from './quantized-matrix.js';
import type { QuantizedWeights } from './quantize-products.js';
import type { HostTensor, Program } from './tensors.js';

const wave = (shape: readonly number[], phase: number): HostTensor => ({
  shape,
  dtype: 'float32',
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) =>
    Math.sin(phase + i * i * 0.37),
  ),
});

/** x [a; b]^T and x c^T. */
const program: Program = ({ a, b, c }, { x }) => ({
  joined: tf.matMul(x as tf.Tensor, tf.concat([a as tf.Tensor, b as tf.Tensor], 0), false, true),
  plain: tf.matMul(x as tf.Tensor, c as tf.Tensor, false, true),
});

const SHAPES = { a: [5, 83], b: [8, 83], c: [300, 83] } as const;
const floats = Object.fromEntries(
  Object.entries(SHAPES).map(([name, shape], i) => [name, wave(shape, i)] as const),
);

/** The same weights in 8 bits, `a` and `b` one after the other in memory or not. */
function matricesOf(isAdjacent: boolean): Record<string, QuantizedMatrix> {
  const memory = isAdjacent ? quantizedMemory([5, 8], 83, 32) : [];
  return Object.fromEntries(
    Object.entries(floats).map(([name, tensor], i) => {
      const own = memory[i];
      return [
        name,
        quantizeMatrix(tensor, { block: 32, ...(own === undefined ? {} : { memory: own }) }),
      ] as const;
    }),
  );
}

/** x W^T of plain loops in double precision. */
function reference(x: HostTensor, matrices: readonly QuantizedMatrix[]): number[] {
  const [rows = 0, input = 0] = x.shape;
  const weights = matrices.map((matrix) => dequantized(matrix));
  return Array.from({ length: rows }, (_, row) =>
    weights.flatMap(({ shape: [out = 0], data }) =>
      Array.from({ length: out }, (__, o) => {
        let sum = 0;
        for (let i = 0; i < input; i++)
          sum += (x.data[row * input + i] as number) * (data[o * input + i] as number);
        return sum;
      }),
    ),
  ).flat();
}

function largestDifference(a: ArrayLike<number> = [], b: ArrayLike<number> = []): number {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] as number))));
}

describe('products with weights in 8 bits', () => {
  for (const isAdjacent of [true, false])
    for (const worker of [false, true])
      it(`are those of the dequantised weights; adjacent: ${isAdjacent}, worker: ${worker}`, async () => {
        const matrices = matricesOf(isAdjacent);
        for (const form of ['shared', 'packed'] as const) {
          const run = createFunction(program, {
            quantized: { matrices, form },
            worker: worker && { transfer: 'copy' },
          });
          for (const rows of [1, 3, 40]) {
            const x = wave([rows, 83], 0.2);
            const { joined, plain } = await run.run({ x });
            const { a, b, c } = matrices as Record<'a' | 'b' | 'c', QuantizedMatrix>;
            // packed: x is rounded to 8 bits too: |x| <= 1, so by 1/254 at most, times the weights' sum.
            const most = form === 'shared' ? 3e-5 : (83 * 1.02) / 254;
            expect(largestDifference(joined?.data, reference(x, [a, b]))).toBeLessThan(most);
            expect(largestDifference(plain?.data, reference(x, [c]))).toBeLessThan(most);
            // Of random signs, a tenth of that is the rule; and it is not the same as in float32.
            if (form === 'packed')
              expect(largestDifference(joined?.data, reference(x, [a, b]))).toBeLessThan(most / 5);
          }
          expect(run.stats.captures).toBe(3);
          await run.dispose();
        }
      });

  it('stand beside float32 weights and are read by several graphs', async () => {
    const { c, ...quantized } = matricesOf(true);
    const run = createFunction(program, {
      weights: { c: dequantized(c as QuantizedMatrix) },
      quantized: { matrices: quantized, form: 'packed' },
    });
    const x = wave([2, 83], 1);
    const { joined, plain } = await run.run({ x });
    expect(joined?.shape).toEqual([2, 13]);
    expect(largestDifference(plain?.data, reference(x, [c as QuantizedMatrix]))).toBeLessThan(3e-5);
    await run.dispose();
  });

  it('are refused where anything else reads a weight, and on other backends', async () => {
    const quantized: QuantizedWeights = { matrices: matricesOf(true), form: 'packed' };
    const x = wave([1, 5], 0);
    const other: Program = ({ a }, { x: given }) => ({ y: tf.matMul(given as tf.Tensor, a as tf.Tensor) });
    const run = createFunction(other, { quantized });
    await expect(run.run({ x })).rejects.toThrow(
      /products with their transposed alone, but weight\/a is read/,
    );
    await run.dispose();
    expect(() => createFunction(program, { quantized, backend: 'tfjs-cpu' })).toThrow(
      /ort-cpu for weights in 8 bits/,
    );
  });
});
