import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFunction } from '../compiled-function.js';
import type { HostTensor } from '../tensors.js';
import {
  at,
  booleans,
  type Case,
  type CaseTable,
  expectConformance,
  finite,
  floats,
  integers,
  realInputs,
  shapes,
  testConformance,
} from './conformance.test-support.js';
import { REDUCTION } from './reduction.js';

type Axis = number | number[] | undefined;

/** Some axes of a shape, counted from the front or the back; all of them; none. */
function axesFor(shape: readonly number[]): fc.Arbitrary<Axis> {
  const any = fc.constant(undefined);
  if (shape.length === 0) return any;
  const one = fc.integer({ min: -shape.length, max: shape.length - 1 });
  const some = fc
    .subarray(shape.map((_, axis) => axis))
    .chain((axes) =>
      fc
        .array(fc.boolean(), { minLength: axes.length, maxLength: axes.length })
        .map((back) => axes.map((axis, index) => (back[index] === true ? axis - shape.length : axis))),
    );
  return fc.oneof(any, one, some);
}

const real = (shape: readonly number[]) => floats(shape);
const whole = (shape: readonly number[]) => integers(shape, -3, 3);

/** Calls of a reduction: any axes, with and without keeping them. */
function reduction(
  run: (x: tf.Tensor, axis: Axis, keepDims: boolean) => tf.Tensor,
  makers: readonly ((shape: readonly number[]) => fc.Arbitrary<HostTensor>)[],
  minLength = 0,
): fc.Arbitrary<Case> {
  return fc
    .tuple(shapes(0, 4, minLength), fc.constantFrom(...makers), fc.boolean())
    .chain(([shape, maker, keepDims]) => fc.tuple(maker(shape), axesFor(shape), fc.constant(keepDims)))
    .map(([x, axis, keepDims]) => ({
      label: `${x.dtype} [${x.shape.join()}], axis ${String(axis)}, keepDims ${keepDims}`,
      inputs: { x },
      run: (inputs) => run(at(inputs, 'x'), axis, keepDims),
      wrt: realInputs({ x }),
    }));
}

/** Calls along one axis of a tensor that has axes. */
function along(
  run: (x: tf.Tensor, axis: number) => tf.Tensor | readonly tf.Tensor[],
  makers: readonly ((shape: readonly number[]) => fc.Arbitrary<HostTensor>)[],
  options: { readonly last?: boolean } = {},
): fc.Arbitrary<Case> {
  const { last = false } = options;
  return fc
    .tuple(shapes(1, 4, 1), fc.constantFrom(...makers), fc.nat(), fc.boolean())
    .chain(([shape, maker, place, back]) => {
      const axis = last ? shape.length - 1 : place % shape.length;
      return fc.tuple(maker(shape), fc.constant(back ? axis - shape.length : axis));
    })
    .map(([x, axis]) => ({
      label: `${x.dtype} [${x.shape.join()}], axis ${axis}`,
      inputs: { x },
      run: (inputs) => run(at(inputs, 'x'), axis),
      wrt: realInputs({ x }),
    }));
}

/** tfjs's cpu backend takes the axis of a running sum or product from the front only. */
const cumulative = (
  run: (x: tf.Tensor, axis: number, exclusive: boolean, reverse: boolean) => tf.Tensor,
  makers: Parameters<typeof along>[1],
) =>
  fc.tuple(fc.boolean(), fc.boolean()).chain(([exclusive, reverse]) =>
    along((x, axis) => run(x, axis < 0 ? axis + x.rank : axis, exclusive, reverse), makers).map((call) => ({
      ...call,
      label: `${call.label}, exclusive ${exclusive}, reverse ${reverse}`,
    })),
  );

const CASES: CaseTable = {
  Sum: reduction(tf.sum, [real, whole, booleans]),
  Mean: reduction(tf.mean, [real, whole, booleans], 1),
  // Extremes of something: those of nothing are not documented.
  Max: reduction(tf.max, [real, whole, booleans], 1),
  Min: reduction(tf.min, [real, whole, booleans], 1),
  Prod: reduction(tf.prod, [real, whole, booleans]),
  Any: fc.oneof(
    reduction(tf.any, [booleans]),
    reduction((x, ...rest) => tf.any(tf.greater(x, 0), ...rest), [real]),
  ),
  // All of nothing is true, as everywhere else; tfjs's cpu backend reads past the end and says false.
  All: fc.oneof(
    reduction(tf.all, [booleans], 1),
    reduction((x, ...rest) => tf.all(tf.greater(x, 0), ...rest), [real], 1),
  ),
  ArgMax: along(tf.argMax, [real, whole, (shape) => integers(shape, 2 ** 30, 2 ** 30 + 2)]),
  ArgMin: along(tf.argMin, [real, whole, (shape) => integers(shape, 2 ** 30, 2 ** 30 + 2)]),
  Softmax: along(tf.softmax, [real, (shape) => floats(shape, finite(-90, 90))], { last: true }),
  Cumsum: cumulative(tf.cumsum, [real, whole]),
  Cumprod: cumulative(tf.cumprod, [real, whole]),
  TopK: fc.nat().chain((wanted) =>
    along(
      (x, axis) => {
        const { values, indices } = tf.topk(x, (wanted % (x.shape.at(axis) as number)) + 1);
        return [values, indices];
      },
      [real, whole, booleans],
      { last: true },
    ),
  ),
};

describe('reductions, captured and on cpu', () => {
  testConformance(REDUCTION, CASES);
});

test('the gradient of a running sum has the order of its input', async () => {
  // y = cumsum(x, 0); loss = y01 + 10 y11 = x01 + 10 (x01 + x11): gradient [[0, 11], [0, 10]].
  const gradient = createFunction((_weights, { x }) => ({
    dx: tf.grad((z) =>
      tf.sum(
        tf.mul(
          tf.cumsum(z, 0),
          tf.tensor2d([
            [0, 1],
            [0, 10],
          ]),
        ),
      ),
    )(x as tf.Tensor),
  }));
  const x: HostTensor = { shape: [2, 2], dtype: 'float32', data: Float32Array.of(1, 2, 3, 4) };
  expect((await gradient.run({ x }))['dx']?.data).toEqual(Float32Array.of(0, 11, 0, 10));
  await gradient.dispose();
});

test.each<[string, typeof tf.argMax]>([
  ['ArgMax', tf.argMax],
  ['ArgMin', tf.argMin],
])('%s over an axis of no elements is 0', async (kernel, run) => {
  for (const shape of [[0], [2, 0], [0, 2]]) {
    const x: HostTensor = { shape, dtype: 'float32', data: new Float32Array(0) };
    for (const axis of shape.keys())
      await expectConformance(kernel, {
        label: `[${shape.join()}], axis ${axis}`,
        inputs: { x },
        run: (inputs) => run(at(inputs, 'x'), axis),
      });
  }
});
