import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HostTensor, TensorType } from '../tensors.js';
import {
  at,
  booleans,
  completeCpu,
  broadcastShapes,
  type Case,
  type CaseTable,
  finite,
  floats,
  integers,
  realInputs,
  shapes,
  tensors,
  testConformance,
} from './conformance.test-support.js';
import {
  binary,
  NUMBERS,
  ALL,
  TRUTH,
  away,
  results,
  whole,
  type Binary,
} from './elementwise.test-support.js';
import { BINARY } from './binary.js';

/** Of truth values, and of what is greater than 0: its slope is 0. */
const logical = (run: Binary): fc.Arbitrary<Case> =>
  broadcastShapes().chain(([a, b]) =>
    fc.oneof(
      fc.tuple(booleans(a), booleans(b)).map(
        ([x, y]): Case => ({
          label: `[${a.join()}], [${b.join()}]`,
          inputs: { x, y },
          run: (inputs) => run(at(inputs, 'x'), at(inputs, 'y')),
        }),
      ),
      fc.tuple(floats(a), floats(b)).map(
        ([x, y]): Case => ({
          label: `[${a.join()}] and [${b.join()}] greater than 0`,
          inputs: { x, y },
          run: (inputs) => run(tf.greater(at(inputs, 'x'), 0), tf.greater(at(inputs, 'y'), 0)),
          wrt: ['x', 'y'],
        }),
      ),
    ),
  );

completeCpu('LogicalXor', ({ a, b }) => tf.notEqual(a as tf.Tensor, b as tf.Tensor));

/** By divisors other than 0: the rest of whole numbers by 0 is not documented. */
const wholeRests: fc.Arbitrary<Case> = broadcastShapes()
  .chain(([a, b]) =>
    fc.tuple(integers(a, -(2 ** 31), 2 ** 31 - 1), fc.oneof(integers(b, 1, 99), integers(b, -99, -1))),
  )
  .map(([a, b]) => ({
    label: `[${a.shape.join()}], [${b.shape.join()}]`,
    inputs: { a, b },
    run: (inputs) => tf.mod(at(inputs, 'a'), at(inputs, 'b')),
  }));

const CASES: CaseTable = {
  Add: binary(tf.add, { types: NUMBERS }),
  Sub: binary(tf.sub, { types: NUMBERS }),
  Multiply: binary(tf.mul, { types: ALL }),
  Maximum: binary(tf.maximum, { types: ALL }),
  Minimum: binary(tf.minimum, { types: ALL }),
  Pow: fc.oneof(
    binary(tf.pow, { left: finite(0.1, 3), right: finite(-3, 3), types: TRUTH }),
    binary(tf.pow, { left: finite(0.1, 3), types: [['int32', 'int32']], whole: [0, 5] }),
  ),
  Equal: binary(tf.equal, { types: ALL, left: fc.integer({ min: 0, max: 2 }) }),
  Greater: binary(tf.greater, { types: ALL }),
  GreaterEqual: binary(tf.greaterEqual, { types: ALL }),
  Less: binary(tf.less, { types: ALL }),
  LessEqual: binary(tf.lessEqual, { types: ALL }),
  LogicalAnd: logical(tf.logicalAnd),
  LogicalOr: logical(tf.logicalOr),
  LogicalXor: logical((a, b) => tf.engine().runKernel('LogicalXor', { a, b })),
  Atan2: fc.oneof(
    binary(tf.atan2, {
      left: away,
      right: away,
      types: [
        ['float32', 'int32'],
        ['int32', 'int32'],
      ],
    }),
    // All quadrants, borders and corners.
    binary(tf.atan2, {
      gradient: false,
      left: fc.constantFrom(0, -0, 1, -1, Infinity, -Infinity),
      right: fc.constantFrom(0, -0, 1, -1, Infinity, -Infinity),
    }),
  ),
  Mod: fc.oneof(
    { weight: 3, arbitrary: binary(tf.mod, { right: away }) },
    binary(tf.mod, { gradient: false, right: away, types: [['int32', 'float32']] }),
    binary(tf.mod, {
      gradient: false,
      left: fc.constantFrom(-1e-9, 1e-9, -3, 3, 0),
      right: fc.constantFrom(3, -3, 1e-3),
    }),
    wholeRests,
  ),
  BitwiseAnd: broadcastShapes()
    .chain(([a, b]) => fc.tuple(integers(a, -99, 2 ** 31 - 1), integers(b, -99, 2 ** 31 - 1)))
    .map(([a, b]) => ({
      label: `[${a.shape.join()}], [${b.shape.join()}]`,
      inputs: { a, b },
      run: (inputs) => tf.engine().runKernel('BitwiseAnd', { a: at(inputs, 'a'), b: at(inputs, 'b') }),
    })),
  NotEqual: binary(tf.notEqual, { types: ALL, right: fc.integer({ min: 0, max: 2 }) }),
  RealDiv: binary(tf.div, {
    types: [
      ['float32', 'int32'],
      ['bool', 'float32'],
    ],
    right: away,
  }),
  // By divisors other than 0: the quotient of integers by 0 is not documented.
  FloorDiv: fc.oneof(
    finiteQuotients(floats, floats),
    finiteQuotients(
      (shape) => integers(shape, -(2 ** 31) + 1, 2 ** 31 - 1),
      (shape) => fc.oneof(integers(shape, 1, 9), integers(shape, -9, -1)),
    ),
  ),
  SquaredDifference: binary(tf.squaredDifference, { types: ALL }),
  AddN: fc
    .tuple(shapes(), fc.constantFrom<TensorType>('float32', 'int32'), fc.integer({ min: 1, max: 4 }))
    .chain(([shape, dtype, count]) => fc.array(tensors(shape, dtype), { minLength: count, maxLength: count }))
    .map((values) => {
      const inputs = Object.fromEntries(values.map((value, index) => [`x${index}`, value]));
      return {
        label: `${values.length} of ${values[0]?.dtype}`,
        inputs,
        run: (xs) => tf.addN(values.map((_, index) => at(xs, `x${index}`))),
        wrt: realInputs(inputs),
      };
    }),
  Select: fc
    .tuple(shapes(), fc.constantFrom('scalar', 'rows', 'full'))
    .chain(([shape, kind]) => {
      const of = kind === 'scalar' ? [] : kind === 'rows' ? shape.slice(-1) : shape;
      return fc.tuple(
        booleans(of),
        fc.oneof(
          fc.tuple(floats(shape), floats(shape)),
          fc.tuple(integers(shape), integers(shape)),
          fc.tuple(booleans(shape), booleans(shape)),
        ),
      );
    })
    .map(([condition, [t, e]]) => ({
      label: `[${condition.shape.join()}] ? ${t.dtype} [${t.shape.join()}]`,
      inputs: { condition, t, e },
      run: (inputs) => tf.where(at(inputs, 'condition'), at(inputs, 't'), at(inputs, 'e')),
      wrt: realInputs({ t, e }),
    })),
};

function finiteQuotients(
  dividend: (shape: number[]) => fc.Arbitrary<HostTensor>,
  divisor: (shape: number[]) => fc.Arbitrary<HostTensor>,
): fc.Arbitrary<Case> {
  return broadcastShapes(1)
    .chain(([a, b]) => fc.tuple(dividend(a), divisor(b)))
    .filter(([, b]) => Array.from(b.data).every((value) => Math.abs(value) > 1e-3))
    .map(([a, b]) => ({
      label: `${a.dtype} [${a.shape.join()}] by [${b.shape.join()}]`,
      inputs: { a, b },
      run: (inputs) => tf.floorDiv(at(inputs, 'a'), at(inputs, 'b')),
      wrt: realInputs({ a, b }),
    }));
}

describe('arithmetic, comparison and choice, captured and on cpu', () => {
  testConformance(BINARY, CASES);
});

test('whole numbers are divided exactly, and by zero without harm', async () => {
  const divided = (a: HostTensor, b: HostTensor) =>
    results((_weights, { a: x, b: y }) => ({ y: tf.floorDiv(x as tf.Tensor, y as tf.Tensor) }), { a, b });
  // Float32 would make 2^31 - 1 to 2^31, and 16777217 to 16777216.
  expect(await divided(whole(2 ** 31 - 1, 16777217, -7), whole(1, 1, 2))).toEqual([
    2 ** 31 - 1,
    16777217,
    -4,
  ]);
  expect(await divided(whole(1, 0), whole(0, 0))).toHaveLength(2);
});

test('sums of truth values are counts', async () => {
  const truth: HostTensor = { shape: [2], dtype: 'bool', data: Uint8Array.of(1, 0) };
  // tfjs's cpu backend has 2 in a tensor of type bool, which it documents to hold 0 and 1.
  expect(
    await results((_weights, { a }) => ({ y: tf.add(a as tf.Tensor, a as tf.Tensor) }), { a: truth }),
  ).toEqual([2, 0]);
});
