import type * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { createFunction } from '../compiled-function.js';
import type { HostTensor, TensorType } from '../tensors.js';
import {
  ANY_REAL,
  anyTensor,
  at,
  broadcastShapes,
  type Case,
  finite,
  floats,
  integers,
  realInputs,
  shapes,
  tensors,
} from './conformance.test-support.js';

type Unary = (x: tf.Tensor) => tf.Tensor;
/** An operation of two tensors. */
export type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

/**
 * Calls of an operation of one input: gradients at finite numbers, values at any, and whole
 * numbers where `whole` says.
 */
export function unary(
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
export function binary(
  run: Binary,
  options: {
    readonly types?: readonly (readonly [TensorType, TensorType])[];
    readonly gradient?: boolean;
    readonly left?: fc.Arbitrary<number>;
    readonly right?: fc.Arbitrary<number>;
    readonly whole?: readonly [number, number];
  } = {},
): fc.Arbitrary<Case> {
  const { types = [], gradient = true, left = finite(), right = finite(), whole = [-9, 9] } = options;
  const call = (a: HostTensor, b: HostTensor, differentiated: boolean): Case => ({
    label: `${a.dtype} [${a.shape.join()}], ${b.dtype} [${b.shape.join()}]`,
    inputs: { a, b },
    run: (inputs) => run(at(inputs, 'a'), at(inputs, 'b')),
    wrt: differentiated ? realInputs({ a, b }) : [],
  });
  const pair = (first: (shape: number[]) => fc.Arbitrary<HostTensor>, second: typeof first) =>
    broadcastShapes().chain(([a, b]) => fc.tuple(first(a), second(b)));
  const typed = (dtype: TensorType) => (shape: number[]) =>
    dtype === 'int32' ? integers(shape, ...whole) : tensors(shape, dtype);
  return fc.oneof(
    {
      weight: 3,
      arbitrary: pair(
        (shape) => floats(shape, left),
        (shape) => floats(shape, right),
      ).map(([a, b]) => call(a, b, gradient)),
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

/** Pairs of element types that count as numbers together. */
export const NUMBERS = [
  ['int32', 'int32'],
  ['float32', 'int32'],
  ['bool', 'float32'],
  ['int32', 'bool'],
] as const;
/** Pairs of element types, two truth values too. */
export const ALL = [...NUMBERS, ['bool', 'bool']] as const;
/** Two truth values. */
export const TRUTH = [['bool', 'bool']] as const;
/** Numbers away from 0. */
export const away = fc.oneof(finite(-4, -0.3), finite(0.3, 4));
/** Whole numbers of one digit. */
export const BELOW_10 = [-9, 9] as const;

/** Calls whose result depends on shape and element type alone. */
export const constant = (run: Unary): fc.Arbitrary<Case> =>
  shapes()
    .chain(anyTensor)
    .map((x) => ({
      label: `${x.dtype} [${x.shape.join()}]`,
      inputs: { x },
      run: (inputs) => run(at(inputs, 'x')),
      wrt: realInputs({ x }),
    }));

/** The elements of a program's result y. */
export const results = async (
  program: Parameters<typeof createFunction>[0],
  inputs: Record<string, HostTensor>,
) => {
  const captured = createFunction(program, { threads: 1 });
  const { y } = await captured.run(inputs);
  await captured.dispose();
  return Array.from(y?.data ?? []);
};
/** A list of real numbers. */
export const real = (...values: number[]): HostTensor => ({
  shape: [values.length],
  dtype: 'float32',
  data: Float32Array.from(values),
});
/** A list of whole numbers. */
export const whole = (...values: number[]): HostTensor => ({
  shape: [values.length],
  dtype: 'int32',
  data: Int32Array.from(values),
});
