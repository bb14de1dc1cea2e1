import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe } from 'vitest';
import { type HostTensor, sizeOf } from '../tensors.js';
import {
  anyTensor,
  at,
  type Case,
  type CaseTable,
  realInputs,
  shapes,
  tensors,
  testConformance,
} from './conformance.test-support.js';
import { SHAPE } from './shape.js';

type Result = tf.Tensor | readonly tf.Tensor[];

function call(label: string, inputs: Readonly<Record<string, HostTensor>>, run: Case['run']): Case {
  return { label, inputs, run, wrt: realInputs(inputs) };
}

/** Calls of one tensor with attributes that its shape allows. */
function one<Attributes>(
  attributesFor: (shape: number[]) => fc.Arbitrary<Attributes>,
  run: (x: tf.Tensor, attributes: Attributes) => Result,
  options: {
    readonly minRank?: number;
    readonly minLength?: number;
  } = {},
): fc.Arbitrary<Case> {
  const { minRank = 0, minLength = 0 } = options;
  return shapes(minRank, 4, minLength)
    .chain((shape) => fc.tuple(anyTensor(shape), attributesFor(shape)))
    .map(([x, attributes]) =>
      call(`${x.dtype} [${x.shape.join()}], ${JSON.stringify(attributes)}`, { x }, (inputs) =>
        run(at(inputs, 'x'), attributes),
      ),
    );
}

const axisOf = (shape: readonly number[]) => fc.integer({ min: -shape.length, max: shape.length - 1 });

/** Ways of writing a number of elements as a shape, by moving factors between axes. */
function reshapes(shape: number[]): fc.Arbitrary<number[]> {
  const size = sizeOf(shape);
  if (size === 0) return fc.constantFrom([0], [0, 3], [3, 0, 2]);
  const factor = fc.constantFrom(
    ...Array.from({ length: size }, (_, i) => i + 1).filter((i) => size % i === 0),
  );
  return fc
    .tuple(factor, fc.integer({ min: 0, max: 3 }))
    .map(([rows, form]) => [[size], [rows, size / rows], [1, rows, -1], [...shape, 1]][form] as number[]);
}

const perLength = <Value>(
  shape: number[],
  of: (length: number) => fc.Arbitrary<Value>,
): fc.Arbitrary<Value[]> => fc.tuple(...shape.map(of));

/** A place within an axis, for one that may be counted from the end or lie outside. */
function placeOf(place: number, length: number): number {
  return Math.max(0, Math.min(length, place < 0 ? place + length : place));
}

/** Several tensors of one shape, the length of one axis apart when `ragged`. */
function several(
  ragged: boolean,
): fc.Arbitrary<{ readonly inputs: Record<string, HostTensor>; readonly axis: number }> {
  return fc
    .tuple(
      shapes(ragged ? 1 : 0, 3, 1),
      fc.nat(),
      fc.constantFrom('float32', 'int32', 'bool' as const),
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 4 }),
      fc.boolean(),
    )
    .chain(([shape, place, dtype, lengths, back]) => {
      const axis = place % (shape.length + (ragged ? 0 : 1));
      const of = (length: number) =>
        ragged ? shape.map((other, at) => (at === axis ? length : other)) : shape;
      return fc.tuple(...lengths.map((length) => tensors(of(length), dtype))).map((values) => ({
        inputs: Object.fromEntries(values.map((value, index) => [`x${index}`, value])),
        axis: back ? axis - shape.length - (ragged ? 0 : 1) : axis,
      }));
    });
}

const CASES: CaseTable = {
  Reshape: one(reshapes, (x, shape) => tf.reshape(x, shape)),
  ExpandDims: one(
    (shape) => fc.integer({ min: -shape.length - 1, max: shape.length }),
    (x, axis) => tf.expandDims(x, axis),
  ),
  Transpose: one(
    (shape) =>
      fc.shuffledSubarray(
        shape.map((_, axis) => axis),
        { minLength: shape.length },
      ),
    (x, perm) => tf.transpose(x, perm),
    { minRank: 2 },
  ),
  Concat: several(true).map(({ inputs, axis }) =>
    call(`axis ${axis}`, inputs, (xs) => {
      const values = Object.keys(inputs).map((name) => at(xs, name));
      // tfjs calls the kernel for two and more.
      return tf.concat(values.length === 1 ? [at(xs, 'x0'), at(xs, 'x0')] : values, axis);
    }),
  ),
  Pack: several(false).map(({ inputs, axis }) =>
    call(`axis ${axis}`, inputs, (xs) =>
      tf.stack(
        Object.keys(inputs).map((name) => at(xs, name)),
        axis,
      ),
    ),
  ),
  Unpack: one(axisOf, (x, axis) => tf.unstack(x, axis), {
    minRank: 1,
    minLength: 1,
  }),
  SplitV: one(
    (shape) =>
      axisOf(shape).chain((axis) => {
        const length = shape.at(axis) as number;
        const cut = fc
          .integer({ min: 0, max: length })
          .map((first): number | number[] => [first, length - first]);
        const even = fc.constantFrom(...[1, length].filter((count) => count > 0)) as fc.Arbitrary<
          number | number[]
        >;
        const rest = fc.constant([length, -1] as number | number[]);
        return fc.tuple(fc.oneof(cut, even, rest), fc.constant(axis));
      }),
    (x, [sizes, axis]) => tf.split(x, sizes, axis),
    { minRank: 1, minLength: 1 },
  ),
  Slice: one(
    (shape) =>
      perLength(shape, (length) =>
        fc
          .integer({ min: 0, max: length })
          .chain((begin) => fc.tuple(fc.constant(begin), fc.integer({ min: -1, max: length - begin }))),
      ),
    (x, cuts) =>
      tf.slice(
        x,
        cuts.map(([begin]) => begin),
        cuts.map(([, size]) => size),
      ),
    { minRank: 1 },
  ),
  StridedSlice: one(
    (shape) =>
      fc.tuple(
        perLength(shape, (length) =>
          fc
            .tuple(
              fc.integer({ min: -length - 1, max: length }),
              fc.integer({ min: -length - 1, max: length + 1 }),
              fc.constantFrom(1, 2, -1, -2),
            )
            // tfjs's cpu backend fails at a plain slice that ends before it begins.
            .filter(([begin, end, stride]) => stride !== 1 || placeOf(end, length) >= placeOf(begin, length)),
        ),
        fc.nat(15),
        fc.nat(15),
      ),
    (x, [cuts, beginMask, endMask]) =>
      tf.stridedSlice(
        x,
        cuts.map(([begin]) => begin),
        cuts.map(([, end]) => end),
        cuts.map(([, , stride]) => stride),
        beginMask,
        endMask,
      ),
    { minRank: 1, minLength: 1 },
  ),
  PadV2: one(
    (shape) =>
      fc.tuple(
        perLength(shape, () => fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 }))),
        fc.constantFrom(0, 1),
      ),
    (x, [paddings, value]) => tf.pad(x, paddings, value),
    { minRank: 1 },
  ),
  Tile: one(
    (shape) => perLength(shape, () => fc.integer({ min: 0, max: 3 })),
    (x, reps) => tf.tile(x, reps),
    { minRank: 1 },
  ),
  Reverse: one(
    (shape) =>
      fc.subarray(shape.map((_, axis) => axis)).map((axes) => axes.map((axis) => axis - shape.length)),
    (x, axes) => tf.reverse(x, axes),
    { minRank: 1 },
  ),
};

describe('shape kernels, captured and on cpu', () => {
  testConformance(SHAPE, CASES);
});
