import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { captureNodes } from './capture.js';
import { createFunction } from './compiled-function.js';
import { productsOverInputs } from './products-over-inputs.js';
import type { HostTensor, TensorMap, TensorSpec } from './tensors.js';

const matrix = (...shape: number[]): TensorSpec => ({ shape, dtype: 'float32' });
const specs = { x: matrix(2, 3), a: matrix(4, 3), b: matrix(5, 3), cube: matrix(2, 2, 3) };

/** Operators of a program's graph once its products were rewritten, of what its results come from. */
function operators(program: (inputs: TensorMap) => tf.Tensor, constants: readonly string[] = []): string[] {
  const { graph, outputs } = captureNodes(specs, (inputs) => ({ y: program(inputs) }));
  productsOverInputs(graph, (input) => constants.includes(input));
  graph.keepOnly(Object.values(outputs).map(({ name }) => name));
  return graph.nodes.map(({ operator }) => operator);
}

const product = (x: tf.Tensor | undefined, weight: tf.Tensor | undefined): tf.Tensor =>
  tf.matMul(x as tf.Tensor, weight as tf.Tensor, false, true);
const both = ({ x, a, b }: TensorMap): tf.Tensor =>
  product(x, tf.concat([a as tf.Tensor, b as tf.Tensor], 0));

it('makes one Gemm a weight of products with inputs, which are not put together or transposed', () => {
  expect(operators(({ x, a }) => product(x, a))).toEqual(['Gemm']);
  expect(operators(both)).toEqual(['Gemm', 'Gemm', 'Concat']);
});

it('leaves constants, products of more axes and weights that are computed as they are', () => {
  expect(operators(both, ['a', 'b'])).toEqual(['Concat', 'Transpose', 'MatMul']);
  expect(operators(({ cube, a }) => product(cube, tf.reshape(a as tf.Tensor, [1, 4, 3])))).not.toContain(
    'Gemm',
  );
  expect(operators(({ x, a }) => product(x, tf.neg(a as tf.Tensor)))).toEqual(['Neg', 'Transpose', 'MatMul']);
});

it('changes no product but for its rounding, of one row and of several', async () => {
  // 72 MB of weights: for fewer it is not done.
  const wave = (rows: number, phase: number): HostTensor => {
    const data = new Float32Array(rows * 4096);
    for (let i = 0; i < data.length; i++) data[i] = (((phase + i) * 7919) % 8191) / 4096 - 1;
    return { shape: [rows, 4096], dtype: 'float32', data };
  };
  const weights = { a: wave(2200, 1), b: wave(2200, 2) };
  for (const rows of [1, 3]) {
    const x = wave(rows, 3);
    const results = [];
    for (const weightsAs of ['inputs', 'constants'] as const) {
      const run = createFunction((own, inputs) => ({ y: both({ ...own, ...inputs }) }), {
        weights,
        weightsAs,
      });
      results.push((await run.run({ x }))['y']);
      await run.dispose();
    }
    const [apart, together] = results;
    expect(apart?.shape).toEqual([rows, 4400]);
    const differences = Array.from(together?.data ?? [], (value, i) =>
      Math.abs(value - (apart?.data[i] ?? Number.NaN)),
    );
    const largest = differences.reduce((most, value) => Math.max(most, value), 0);
    // Sums of 4,096 numbers of size 1.
    expect(largest).toBeLessThan(1e-2);
  }
});
