import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { captureNodes } from './capture.js';
import { createFunction } from './compiled-function.js';
import { fuseNorms, type FuseNormsOptions } from './fuse-norms.js';
import { repeated } from './repeated.js';
import type { HostTensor, Program, TensorMap } from './tensors.js';

tf.env().set('PROD', true);

type Inputs = Readonly<Record<'x' | 'gain' | 'bias', tf.Tensor>>;

/** x over the root of its mean square along an axis. */
function unit(x: tf.Tensor, axis = -1, epsilon: tf.Tensor = tf.scalar(0.1)): tf.Tensor {
  return tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), axis, true), epsilon)));
}
const rms = ({ x, gain }: Inputs): tf.Tensor => tf.mul(unit(x), gain);
const centred = (x: tf.Tensor): tf.Tensor => tf.sub(x, tf.mean(x, -1, true));
const layer = ({ x, gain, bias }: Inputs): tf.Tensor => tf.add(tf.mul(unit(centred(x)), gain), bias);

const specs = {
  x: { shape: [2, 3, 4], dtype: 'float32' },
  gain: { shape: [4], dtype: 'float32' },
  bias: { shape: [4], dtype: 'float32' },
} as const;

/** Operators of a program's graph, sorted. */
function operatorsOf(
  program: (inputs: Inputs) => Record<string, tf.Tensor>,
  options: FuseNormsOptions = { hasExactLayerNorm: true },
): string[] {
  const { graph, outputs } = captureNodes(specs, (inputs: TensorMap) => program(inputs));
  fuseNorms(
    graph,
    Object.values(outputs).map(({ name }) => name),
    options,
  );
  return graph.nodes.map(({ operator }) => operator).sort();
}

describe('fuseNorms', () => {
  test('an RMS norm and a layer norm become one node each, whatever the order of factors', () => {
    expect(operatorsOf((inputs) => ({ y: rms(inputs) }))).toEqual(['SimplifiedLayerNormalization']);
    expect(operatorsOf((inputs) => ({ y: layer(inputs) }))).toEqual(['LayerNormalization']);
    const swapped = operatorsOf(({ x, gain }) => ({ y: tf.mul(gain, unit(x)) }));
    expect(swapped).toEqual(['SimplifiedLayerNormalization']);
  });

  test('where the runtime’s layer norm is less exact, the mean is subtracted before the rest is fused', () => {
    const operators = operatorsOf((inputs) => ({ y: layer(inputs) }), { hasExactLayerNorm: false });
    expect(operators).toEqual(['Add', 'ReduceMean', 'SimplifiedLayerNormalization', 'Sub']);
  });

  test.each<[string, (inputs: Inputs) => Record<string, tf.Tensor>]>([
    ['another axis', ({ x, gain }) => ({ y: tf.mul(unit(x, 1), gain) })],
    [
      'an epsilon of higher rank',
      ({ x, gain }) => ({ y: tf.mul(unit(x, -1, tf.tensor4d([0.1], [1, 1, 1, 1])), gain) }),
    ],
    ['an epsilon that is no number', ({ x, gain }) => ({ y: tf.mul(unit(x, -1, tf.sum(gain)), gain) })],
    ['a gain that the program itself states', ({ x }) => ({ y: tf.mul(unit(x), tf.tensor1d([1, 2, 3, 4])) })],
    [
      'a value in between that a loop reads',
      ({ x, gain }) => {
        const normal = unit(x);
        const [sum] = repeated(2, [tf.zerosLike(x)], (_round, [carried]) => [
          tf.add(carried as tf.Tensor, normal),
        ]);
        return { y: tf.mul(normal, gain), sum: sum as tf.Tensor };
      },
    ],
    ['a gain for each row', ({ x, gain }) => ({ y: tf.mul(unit(x), tf.mean(tf.mul(x, gain), 2, true)) })],
    [
      'a value in between that is a result',
      ({ x, gain }) => {
        const normal = unit(x);
        return { y: tf.mul(normal, gain), normal };
      },
    ],
    [
      'a gradient that reads what is in between',
      (inputs) => ({
        y: tf.grad((x) => tf.sum(tf.square(rms({ ...inputs, x: x }))))(inputs.x),
      }),
    ],
  ])('leaves %s as it is', (_, program) => {
    const operators = operatorsOf(program);
    expect(operators).not.toContain('SimplifiedLayerNormalization');
    expect(operators).toContain('Sqrt');
  });

  test.each([
    ['rms', [2, 3, 4], rms],
    ['layer', [2, 3, 4], layer],
    ['rms of one number a row', [3, 1], rms],
    ['layer of one number a row', [3, 1], layer],
    ['rms of no rows', [0, 4], rms],
    ['layer of no rows', [0, 4], layer],
    ['rms of empty rows', [2, 0], rms],
    ['layer of empty rows', [2, 0], layer],
  ] as [string, number[], (inputs: Inputs) => tf.Tensor][])(
    '%s: the values are those of tfjs, rows of zeros and NaN too',
    async (_, shape, norm) => {
      const width = shape.at(-1) as number;
      const size = shape.reduce((product, length) => product * length, 1);
      const data = Float32Array.from({ length: size }, (_unused, i) =>
        i < width ? 0 : Math.sin(i) * 10 ** (i % 5),
      );
      if (size > 0) data[size - 1] = Number.NaN;
      const vector = (values: readonly number[]): HostTensor => ({
        shape: [width],
        dtype: 'float32',
        data: Float32Array.from(values.slice(0, width)),
      });
      const inputs: Record<string, HostTensor> = {
        x: { shape, dtype: 'float32', data },
        gain: vector([1, -2, 0, 3]),
        bias: vector([0, 1, 2, 3]),
      };
      const program: Program = (_weights, given) => ({ y: norm(given) });
      const [captured, eager] = [createFunction(program), createFunction(program, { backend: 'tfjs-cpu' })];
      const { y } = await captured.run(inputs);
      const { y: expected } = await eager.run(inputs);
      expect(y?.shape).toEqual(shape);
      expect(y?.data).toHaveLength(size);
      y?.data.forEach((value, i) => {
        if (Number.isNaN(expected?.data[i])) expect(value).toBeNaN();
        else expect(value).toBeCloseTo(expected?.data[i] as number, 4);
      });
      await captured.dispose();
    },
  );

  test('a layer norm of numbers far from 0 loses nothing', async () => {
    const data = Float32Array.from({ length: 64 }, (_, i) => 1000 + Math.sin(i));
    const ones = (fill: number): HostTensor => ({
      shape: [64],
      dtype: 'float32',
      data: new Float32Array(64).fill(fill),
    });
    const f = createFunction((_, inputs) => ({ y: layer(inputs) }));
    const inputs = { x: { shape: [1, 64], dtype: 'float32', data }, gain: ones(1), bias: ones(0) } as const;
    const { y } = await f.run(inputs);
    const mean = data.reduce((sum, x) => sum + x, 0) / 64;
    const variance = data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 64;
    y?.data.forEach((value, i) =>
      expect(value).toBeCloseTo(((data[i] as number) - mean) / Math.sqrt(variance + 0.1), 3),
    );
    await f.dispose();
  });
});
