import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TensorType } from '../tensors.js';
import {
  anyTensor,
  at,
  booleans,
  type Case,
  type CaseTable,
  realInputs,
  shapes,
  testConformance,
} from './conformance.test-support.js';
import { BELOW_10, constant, unary, results, real } from './elementwise.test-support.js';
import { UNARY } from './unary.js';

const CASES: CaseTable = {
  Abs: unary(tf.abs, { whole: BELOW_10 }),
  Acos: unary(tf.acos, { min: -0.9, max: 0.9 }),
  Acosh: unary(tf.acosh, { min: 1.1, max: 4 }),
  Asin: unary(tf.asin, { min: -0.9, max: 0.9 }),
  Asinh: unary(tf.asinh, { whole: BELOW_10 }),
  Atan: unary(tf.atan, { whole: BELOW_10 }),
  Atanh: unary(tf.atanh, { min: -0.9, max: 0.9 }),
  Ceil: unary(tf.ceil, { min: -3.9, max: 3.9 }),
  Cos: unary(tf.cos),
  Cosh: unary(tf.cosh),
  Erf: unary(tf.erf, { whole: BELOW_10 }),
  Exp: unary(tf.exp, { whole: BELOW_10 }),
  Floor: unary(tf.floor, { min: -3.9, max: 3.9 }),
  Log: unary(tf.log, { min: 0.1, max: 9 }),
  Neg: unary(tf.neg, { whole: BELOW_10 }),
  Reciprocal: unary(tf.reciprocal, { min: 0.2, max: 4, whole: [1, 9] }),
  Round: unary(tf.round, { whole: BELOW_10 }),
  Sign: unary(tf.sign, { whole: BELOW_10 }),
  Sin: unary(tf.sin),
  Sinh: unary(tf.sinh, { whole: BELOW_10 }),
  Sqrt: unary(tf.sqrt, { min: 0.1, max: 9 }),
  Tan: unary(tf.tan, { min: -1, max: 1 }),
  Tanh: unary(tf.tanh),
  Square: unary(tf.square, { whole: BELOW_10 }),
  Rsqrt: unary(tf.rsqrt, { min: 0.1, max: 9 }),
  Expm1: unary(tf.expm1, { whole: BELOW_10 }),
  Log1p: unary(tf.log1p, { min: -0.5, max: 4, whole: [0, 99] }),
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
      wrt: realInputs({ x }),
    })),
  Identity: constant(tf.clone),
  LogicalNot: fc.oneof(
    shapes()
      .chain(booleans)
      .map(
        (x): Case => ({
          label: `[${x.shape.join()}]`,
          inputs: { x },
          run: (inputs) => tf.logicalNot(at(inputs, 'x')),
        }),
      ),
    unary((x) => tf.logicalNot(tf.greater(x, 0))),
  ),
};

describe('functions of one tensor, captured and on cpu', () => {
  testConformance(UNARY, CASES);
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
