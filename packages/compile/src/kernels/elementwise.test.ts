import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFunction } from '../compiled-function.js';
import type { HostTensor, TensorType } from '../tensors.js';
import {
  ANY_REAL,
  anyTensor,
  at,
  booleans,
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
import { ELEMENTWISE } from './elementwise.js';

type Unary = (x: tf.Tensor) => tf.Tensor;
type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

/** Calls of an operation of one input: gradients at finite numbers, values at any, and whole numbers where `whole` says. */
function unary(
  run: Unary,
  options: { readonly min?: number; readonly max?: number; readonly whole?: readonly [number, number] } = {},
): fc.Arbitrary<Case> {
  const { min = -4, max = 4, whole } = options;
  const call = (x: HostTensor, wrt: readonly string[]): Case => ({
    label: `${x.dtype} [${x.shape.join()}]`,
    inputs: { x },
    run: (inputs) => run(at(inputs, 'x')),
    wrt,
  });
  const smooth = shapes().chain((shape) => floats(shape, finite(min, max)));
  const wild = shapes(1).chain((shape) => floats(shape, ANY_REAL));
  return fc.oneof(
    { weight: 3, arbitrary: smooth.map((x) => call(x, ['x'])) },
    { weight: 3, arbitrary: wild.map((x) => call(x, [])) },
    {
      weight: whole === undefined ? 0 : 2,
      arbitrary: shapes()
        .chain((shape) => integers(shape, ...(whole ?? [0, 0])))
        .map((x) => call(x, [])),
    },
  );
}

/** Calls of an operation of two inputs that broadcast, of the types given. */
function binary(
  run: Binary,
  options: {
    readonly types?: readonly (readonly [TensorType, TensorType])[];
    readonly gradient?: boolean | 'of one shape' | 'of the left shape';
    readonly left?: fc.Arbitrary<number>;
    readonly right?: fc.Arbitrary<number>;
    readonly whole?: readonly [number, number];
  } = {},
): fc.Arbitrary<Case> {
  const { types = [], gradient = true, left = finite(), right = finite(), whole = [-9, 9] } = options;
  // At least one element: tfjs's gradients do not sum over an axis that was broadcast to length 0.
  const broadcast = {
    true: broadcastShapes(1),
    false: broadcastShapes(),
    'of one shape': shapes().map((shape) => [shape, shape] as const),
    'of the left shape': broadcastShapes(1).map(
      ([a, b]) => [tf.backend_util.assertAndGetBroadcastShape(a, b), b] as const,
    ),
  }[`${gradient}`];
  const call = (a: HostTensor, b: HostTensor, differentiated: boolean): Case => ({
    label: `${a.dtype} [${a.shape.join()}], ${b.dtype} [${b.shape.join()}]`,
    inputs: { a, b },
    run: (inputs) => run(at(inputs, 'a'), at(inputs, 'b')),
    wrt: differentiated ? realInputs({ a, b }) : [],
  });
  const pair = (
    first: (shape: number[]) => fc.Arbitrary<HostTensor>,
    second: typeof first,
    pairs: fc.Arbitrary<readonly [number[], number[]]> = broadcastShapes(),
  ) => pairs.chain(([a, b]) => fc.tuple(first(a), second(b)));
  const typed = (dtype: TensorType) => (shape: number[]) =>
    dtype === 'int32' ? integers(shape, ...whole) : tensors(shape, dtype);
  return fc.oneof(
    {
      weight: 3,
      arbitrary: pair(
        (shape) => floats(shape, left),
        (shape) => floats(shape, right),
        broadcast,
      ).map(([a, b]) => call(a, b, gradient !== false)),
    },
    {
      weight: 3,
      arbitrary: pair(
        (shape) => floats(shape, ANY_REAL),
        (shape) => floats(shape, ANY_REAL),
      ).map(([a, b]) => call(a, b, false)),
    },
    ...types.map(([a, b]) => ({
      weight: 1,
      arbitrary: pair(typed(a), typed(b)).map(([x, y]) => call(x, y, false)),
    })),
  );
}

const NUMBERS = [
  ['int32', 'int32'],
  ['float32', 'int32'],
  ['bool', 'float32'],
  ['int32', 'bool'],
] as const;
const ALL = [...NUMBERS, ['bool', 'bool']] as const;
const TRUTH = [['bool', 'bool']] as const;
const away = fc.oneof(finite(-4, -0.3), finite(0.3, 4));
const BELOW_10 = [-9, 9] as const;

const logical = (run: Binary): fc.Arbitrary<Case> =>
  broadcastShapes()
    .chain(([a, b]) => fc.tuple(booleans(a), booleans(b)))
    .map(([a, b]) => ({
      label: `[${a.shape.join()}], [${b.shape.join()}]`,
      inputs: { a, b },
      run: (inputs) => run(at(inputs, 'a'), at(inputs, 'b')),
    }));

/** Calls whose result depends on shape and element type alone. */
const constant = (run: Unary): fc.Arbitrary<Case> =>
  shapes()
    .chain(anyTensor)
    .map((x) => ({
      label: `${x.dtype} [${x.shape.join()}]`,
      inputs: { x },
      run: (inputs) => run(at(inputs, 'x')),
      wrt: realInputs({ x }),
    }));

const CASES: CaseTable = {
  Abs: unary(tf.abs, { whole: BELOW_10 }),
  Acos: unary(tf.acos, { min: -0.9, max: 0.9 }),
  Acosh: unary(tf.acosh, { min: 1.1, max: 4 }),
  Asin: unary(tf.asin, { min: -0.9, max: 0.9 }),
  Asinh: unary(tf.asinh, { whole: BELOW_10 }),
  Atan: unary(tf.atan, { whole: BELOW_10 }),
  Atanh: unary(tf.atanh, { min: -0.9, max: 0.9 }),
  Ceil: unary(tf.ceil),
  Cos: unary(tf.cos),
  Cosh: unary(tf.cosh),
  Erf: unary(tf.erf, { whole: BELOW_10 }),
  Exp: unary(tf.exp, { whole: BELOW_10 }),
  Floor: unary(tf.floor),
  Log: unary(tf.log, { min: 0.1, max: 9 }),
  Neg: unary(tf.neg, { whole: BELOW_10 }),
  Reciprocal: unary(tf.reciprocal, { min: 0.2, max: 4, whole: [1, 9] }),
  Relu: unary(tf.relu, { whole: BELOW_10 }),
  Round: unary(tf.round, { whole: BELOW_10 }),
  Sigmoid: unary(tf.sigmoid),
  Sign: unary(tf.sign, { whole: BELOW_10 }),
  Sin: unary(tf.sin),
  Sinh: unary(tf.sinh, { whole: BELOW_10 }),
  Softplus: unary(tf.softplus, { whole: BELOW_10 }),
  Sqrt: unary(tf.sqrt, { min: 0.1, max: 9 }),
  Tan: unary(tf.tan, { min: -1, max: 1 }),
  Tanh: unary(tf.tanh),
  Square: unary(tf.square, { whole: BELOW_10 }),
  Rsqrt: unary(tf.rsqrt, { min: 0.1, max: 9 }),
  Expm1: unary(tf.expm1, { whole: BELOW_10 }),
  Log1p: unary(tf.log1p, { min: -0.5, max: 4, whole: [0, 99] }),
  Elu: unary(tf.elu),
  EluGrad: unary((x) => tf.grad((y) => tf.elu(y))(x)).map((call) => ({ ...call, wrt: [] })),
  Selu: unary(tf.selu, { whole: BELOW_10 }),
  Relu6: unary(tf.relu6, { min: -9, max: 9, whole: BELOW_10 }),
  LeakyRelu: fc.oneof(
    unary((x) => tf.leakyRelu(x), { whole: BELOW_10 }),
    unary((x) => tf.leakyRelu(x, 0.7)),
  ),
  Step: fc.oneof(
    unary((x) => tf.step(x), { whole: BELOW_10 }),
    unary((x) => tf.step(x, -0.3)),
  ),
  ClipByValue: fc.oneof(
    unary((x) => tf.clipByValue(x, -1.5, 2), { whole: BELOW_10 }),
    unary((x) => tf.clipByValue(x, 0.5, Number.POSITIVE_INFINITY), { whole: BELOW_10 }),
    unary((x) => tf.clipByValue(x, Number.NEGATIVE_INFINITY, 3), { whole: BELOW_10 }),
  ),
  IsNan: unary(tf.isNaN, { whole: BELOW_10 }),
  IsInf: unary(tf.isInf, { whole: BELOW_10 }),
  IsFinite: unary(tf.isFinite, { whole: BELOW_10 }),
  // From finite numbers: no document of tfjs's says what whole number NaN or infinity becomes.
  Cast: fc
    .tuple(shapes().chain(anyTensor), fc.constantFrom<TensorType>('float32', 'int32', 'bool'))
    .map(([x, dtype]) => ({
      label: `${x.dtype} [${x.shape.join()}] to ${dtype}`,
      inputs: { x },
      run: (inputs) => tf.cast(at(inputs, 'x'), dtype),
      wrt: dtype === 'float32' ? realInputs({ x }) : [],
    })),
  Identity: constant(tf.clone),
  ZerosLike: constant(tf.zerosLike),
  OnesLike: constant(tf.onesLike),
  Fill: fc
    .tuple(
      shapes(),
      fc.oneof(ANY_REAL, fc.integer({ min: 0, max: 1 })),
      fc.constantFrom<TensorType>('float32', 'int32', 'bool'),
    )
    .map(([shape, value, dtype]) => ({
      label: `${value} as ${dtype} [${shape.join()}]`,
      inputs: {},
      run: () => tf.fill(shape, dtype === 'float32' ? value : Math.abs(value) > 0 ? 1 : 0, dtype),
    })),
  Add: binary(tf.add, { types: NUMBERS }),
  Sub: binary(tf.sub, { types: NUMBERS }),
  Multiply: binary(tf.mul, { types: ALL }),
  RealDiv: binary(tf.div, {
    types: [
      ['float32', 'int32'],
      ['bool', 'float32'],
    ],
    right: away,
  }),
  // tfjs's gradients of these two, of the squared difference and of prelu's x do not sum over axes that were broadcast, and fail.
  Maximum: binary(tf.maximum, { types: ALL, gradient: 'of one shape' }),
  Minimum: binary(tf.minimum, { types: ALL, gradient: 'of one shape' }),
  Pow: fc.oneof(
    binary(tf.pow, { left: finite(0.1, 3), right: finite(-3, 3), types: TRUTH }),
    binary(tf.pow, { left: finite(0.1, 3), types: [['int32', 'int32']], whole: [0, 5] }),
  ),
  Prelu: binary((x, alpha) => tf.prelu(x, alpha), { gradient: 'of the left shape' }),
  Equal: binary(tf.equal, { types: ALL, gradient: false, left: fc.integer({ min: 0, max: 2 }) }),
  NotEqual: binary(tf.notEqual, { types: ALL, gradient: false, right: fc.integer({ min: 0, max: 2 }) }),
  Greater: binary(tf.greater, { types: ALL, gradient: false }),
  GreaterEqual: binary(tf.greaterEqual, { types: ALL }),
  Less: binary(tf.less, { types: ALL, gradient: false }),
  LessEqual: binary(tf.lessEqual, { types: ALL, gradient: false }),
  LogicalAnd: logical(tf.logicalAnd),
  LogicalOr: logical(tf.logicalOr),
  LogicalNot: shapes()
    .chain(booleans)
    .map((x) => ({
      label: `[${x.shape.join()}]`,
      inputs: { x },
      run: (inputs) => tf.logicalNot(at(inputs, 'x')),
    })),
  // By divisors other than 0: the quotient of integers by 0 is not documented.
  FloorDiv: fc.oneof(
    finiteQuotients(floats, floats),
    finiteQuotients(
      (shape) => integers(shape, -(2 ** 31) + 1, 2 ** 31 - 1),
      (shape) => fc.oneof(integers(shape, 1, 9), integers(shape, -9, -1)),
    ),
  ),
  SquaredDifference: binary(tf.squaredDifference, { types: ALL, gradient: 'of one shape' }),
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

describe('elementwise kernels, captured and on cpu', () => {
  testConformance(ELEMENTWISE, CASES);
});

describe('elementwise kernels, by hand', () => {
  const results = async (
    program: Parameters<typeof createFunction>[0],
    inputs: Record<string, HostTensor>,
  ) => {
    const captured = createFunction(program, { threads: 1 });
    const { y } = await captured.run(inputs);
    await captured.dispose();
    return Array.from(y?.data ?? []);
  };
  const real = (...values: number[]): HostTensor => ({
    shape: [values.length],
    dtype: 'float32',
    data: Float32Array.from(values),
  });
  const whole = (...values: number[]): HostTensor => ({
    shape: [values.length],
    dtype: 'int32',
    data: Int32Array.from(values),
  });

  // A difference with 1 would leave 1e-7 with one digit, and 1e-9 with none.
  test.each([
    ['expm1', tf.expm1],
    ['log1p', tf.log1p],
  ] as const)('%s keeps all digits near 0', async (_name, run) => {
    const small = [1e-3, 1e-7, -1e-7, 1e-9, 0.4999, -0.4999].map(Math.fround);
    const exact = small.map(run === tf.expm1 ? Math.expm1 : Math.log1p);
    const got = await results((_weights, { x }) => ({ y: run(x as tf.Tensor) }), { x: real(...small) });
    got.forEach((value, i) => {
      expect(Math.abs(value / (exact[i] as number) - 1)).toBeLessThan(1e-6);
    });
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
});
