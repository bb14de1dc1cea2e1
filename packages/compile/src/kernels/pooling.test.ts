import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFunction } from '../compiled-function.js';
import { type HostTensor, sizeOf } from '../tensors.js';
import {
  at,
  type Case,
  type CaseTable,
  integers,
  realInputs,
  testConformance,
} from './conformance.test-support.js';
import { range } from './layout.js';
import { POOLING } from './pooling.js';

const small = (min: number, max: number) => fc.integer({ min, max });

type Padding = 'same' | 'valid' | number;
type Rounding = 'floor' | 'ceil' | 'round' | undefined;

interface Drawn {
  readonly x: HostTensor;
  readonly size: readonly number[];
  readonly strides: readonly number[];
  readonly pad: Padding;
  readonly rounding: Rounding;
}

/**
 * Real numbers of which no two are equal: of equals, tfjs gives the gradient to the first in an image,
 * to the last in a volume.
 */
function distinct(shape: readonly number[]): fc.Arbitrary<HostTensor> {
  const all = range(0, sizeOf(shape)).map((value) => value * 0.37 - 2);
  return fc
    .shuffledSubarray(all, { minLength: all.length })
    .map((values) => ({ shape, dtype: 'float32', data: Float32Array.from(values) }));
}

/** Images or volumes of all sizes that the windows fit into, whole numbers too where `whole`. */
function drawn(rank: 2 | 3, pads: readonly Padding[], whole: boolean): fc.Arbitrary<Drawn> {
  const list = (one: fc.Arbitrary<number>) => fc.array(one, { minLength: rank, maxLength: rank });
  return fc
    .record({
      size: list(small(1, 3)),
      strides: list(small(1, 3)),
      more: list(small(0, 4)),
      pad: fc.constantFrom(...pads),
      batch: small(1, 2),
      channels: small(1, 3),
      rounding: fc.constantFrom<Rounding>('floor', 'ceil', 'round'),
    })
    .chain(({ size, strides, more, pad, batch, channels, rounding }) => {
      // tfjs reckons with the first axis alone where the padding is a number: windows are cubes there.
      const even = typeof pad === 'number';
      // Its gradient of the largest values of volumes is wrong in silence unless windows are as wide as high.
      const sizes = even
        ? size.map(() => size[0] as number)
        : rank === 3
          ? size.with(2, size[1] as number)
          : size;
      const steps = even ? strides.map(() => strides[0] as number) : strides;
      const shape = [batch, ...sizes.map((one, axis) => one + (more[axis] as number)), channels];
      return fc
        .oneof(
          { weight: 4, arbitrary: distinct(shape) },
          { weight: whole && !even ? 1 : 0, arbitrary: integers(shape) },
        )
        .map((x) => ({ x, size: sizes, strides: steps, pad, rounding: even ? rounding : undefined }));
    });
}

const words = ({ x, size, strides, pad, rounding }: Drawn) =>
  `${x.dtype} [${x.shape.join()}], ${size.join('x')}, strides ${strides.join()}, ${pad}, ${rounding}`;

/** A pooling of images; gradients of real numbers. */
function plane(
  run: (x: tf.Tensor4D, drawn: Drawn) => tf.Tensor | readonly tf.Tensor[],
  options: { pads?: readonly Padding[]; whole?: boolean } = {},
): fc.Arbitrary<Case> {
  const { pads = ['same', 'valid', 1, 2], whole = false } = options;
  return drawn(2, pads, whole).map((one) => ({
    label: words(one),
    inputs: { x: one.x },
    run: (inputs) => run(at(inputs, 'x') as tf.Tensor4D, one),
    wrt: realInputs({ x: one.x }),
  }));
}

function volume(
  run: (x: tf.Tensor5D, drawn: Drawn) => tf.Tensor,
  pads: readonly Padding[] = ['same', 'valid'],
): fc.Arbitrary<Case> {
  return drawn(3, pads, false).map((one) => ({
    label: words(one),
    inputs: { x: one.x },
    run: (inputs) => run(at(inputs, 'x') as tf.Tensor5D, one),
    wrt: realInputs({ x: one.x }),
  }));
}

type Pair = [number, number];
type Triple = [number, number, number];
const max2d = (x: tf.Tensor4D, { size, strides, pad, rounding }: Drawn) =>
  tf.maxPool(x, size as Pair, strides as Pair, pad, rounding);
const mean2d = (x: tf.Tensor4D, { size, strides, pad, rounding }: Drawn) =>
  tf.avgPool(x, size as Pair, strides as Pair, pad, rounding);
const max3d = (x: tf.Tensor5D, { size, strides, pad }: Drawn) =>
  tf.maxPool3d(x, size as Triple, strides as Triple, pad);
const mean3d = (x: tf.Tensor5D, { size, strides, pad }: Drawn) =>
  tf.avgPool3d(x, size as Triple, strides as Triple, pad);

const CASES: CaseTable = {
  MaxPool: plane(max2d, { whole: true }),
  MaxPoolGrad: plane(max2d, { pads: ['same', 'valid'] }),
  MaxPool3D: volume(max3d),
  MaxPool3DGrad: volume(max3d),
  AvgPool: plane(mean2d, { pads: ['same', 'valid', 1] }),
  AvgPoolGrad: plane(mean2d, { pads: ['same', 'valid', 1] }),
  AvgPool3D: volume(mean3d),
  AvgPool3DGrad: volume(mean3d),
  MaxPoolWithArgmax: fc.boolean().chain((includesBatch) =>
    plane(
      (x, { size, strides, pad }) => {
        const { result, indexes } = tf.maxPoolWithArgmax(
          x,
          size as Pair,
          strides as Pair,
          pad,
          includesBatch,
        );
        return [result as tf.Tensor, indexes as tf.Tensor];
      },
      { pads: ['same', 'valid'] },
    ),
  ),
};

describe('pooling, captured and on cpu', () => {
  testConformance(POOLING, CASES);
});

/** The gradient of the sum of a program's result times the weights 1, 2, 3 ... */
async function gradientOf(run: (x: tf.Tensor) => tf.Tensor, x: HostTensor): Promise<number[]> {
  const gradient = createFunction((_weights, inputs) => ({
    dx: tf.grad((z) => {
      const y = run(z);
      return tf.sum(tf.mul(y, tf.reshape(tf.range(1, y.size + 1), y.shape)));
    })(at(inputs, 'x')),
  }));
  const { dx } = await gradient.run({ x });
  await gradient.dispose();
  return Array.from(dx?.data ?? []);
}

const real = (shape: readonly number[], ...values: number[]): HostTensor => ({
  shape,
  dtype: 'float32',
  data: Float32Array.from(values),
});

test('the gradient of a mean counts the places of a window that are not margin', async () => {
  // Windows of 2 by 1 in steps of 2 over 3 rows: rows 0 and 1, then row 2 and a margin. 1 is halved, 2 is not.
  expect(
    await gradientOf(
      (x) => tf.avgPool(x as tf.Tensor4D, [2, 1], [2, 1], 'same'),
      real([1, 3, 1, 1], 5, 6, 7),
    ),
  ).toEqual([0.5, 0.5, 2]);
  expect(
    await gradientOf(
      (x) => tf.avgPool3d(x as tf.Tensor5D, [2, 1, 1], [2, 1, 1], 'same'),
      real([1, 3, 1, 1, 1], 5, 6, 7),
    ),
  ).toEqual([0.5, 0.5, 2]);
});

test('the gradient of a maximum goes to the first of equals', async () => {
  expect(
    await gradientOf((x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'), real([1, 2, 2, 1], 3, 3, 3, 3)),
  ).toEqual([1, 0, 0, 0]);
});

test('windows that hold margin alone', async () => {
  // A margin of 2 around one place, windows of 1: four of five along each axis have no place.
  const x = real([1, 1, 1, 1], 4);
  const pooled = createFunction((_weights, inputs) => ({
    max: tf.maxPool(at(inputs, 'x') as tf.Tensor4D, 1, 2, 2),
    mean: tf.avgPool(at(inputs, 'x') as tf.Tensor4D, 1, 2, 2),
    apart: tf.maxPool(at(inputs, 'x') as tf.Tensor4D, 1, 3, 2),
  }));
  const { max, mean, apart } = await pooled.run({ x });
  const low = Number.NEGATIVE_INFINITY;
  expect(Array.from(max?.data ?? [])).toEqual([low, low, low, low, 4, low, low, low, low]);
  expect(Array.from(mean?.data ?? []).map(Number.isNaN)).toEqual([
    true,
    true,
    true,
    true,
    false,
    true,
    true,
    true,
    true,
  ]);
  expect(Array.from(apart?.data ?? [])).toEqual([low, low, low, low]);
  await pooled.dispose();
});

test.each<[string, Pair, Pair, number]>([
  ['places that no window covers', [1, 1], [2, 1], 0],
  ['margins as wide as a window', [1, 1], [1, 1], 1],
])('places of the largest are refused with %s', async (_name, size, strides, pad) => {
  const places = createFunction((_weights, inputs) => {
    const x = at(inputs, 'x') as tf.Tensor4D;
    return { places: tf.maxPoolWithArgmax(x, size, strides, pad)['indexes'] as tf.Tensor };
  });
  const x = real([1, 4, 4, 1], ...Array.from({ length: 16 }, (_, i) => i));
  await expect(places.run({ x })).rejects.toThrow(/MaxPoolWithArgmax: .*use 'same' or 'valid'/);
  await places.dispose();
});
