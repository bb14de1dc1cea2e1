import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFunction } from '../compiled-function.js';
import { type HostTensor, sizeOf } from '../tensors.js';
import {
  at,
  broadcastShapes,
  type Case,
  type CaseTable,
  floats,
  integers,
  realInputs,
  testConformance,
} from './conformance.test-support.js';
import { MATRIX } from './matrix.js';

const length = fc.integer({ min: 1, max: 4 });

/** Products of matrices and of batches that broadcast, each factor as it is or transposed. */
const products: fc.Arbitrary<Case> = fc
  .record({
    batch: broadcastShapes(1),
    rows: length,
    inner: length,
    columns: length,
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
    whole: fc.boolean(),
  })
  // tfjs's cpu backend mixes up batches unless they are equal or one is of length 1;
  // `broadcasts batches` has the others.
  .filter(({ batch: [a, b] }) => a.length <= 2 && b.length <= 2)
  .filter(({ batch: [a, b] }) => a.join() === b.join() || sizeOf(a) === 1 || sizeOf(b) === 1)
  .chain(({ batch, rows, inner, columns, transposeA, transposeB, whole }) => {
    const a = [...batch[0], ...(transposeA ? [inner, rows] : [rows, inner])];
    const b = [...batch[1], ...(transposeB ? [columns, inner] : [inner, columns])];
    const of = (shape: number[]) => (whole ? integers(shape) : floats(shape));
    return fc.tuple(of(a), of(b)).map(([x, y]) => ({
      label: `${x.dtype} [${a.join()}]${transposeA ? "'" : ''} by [${b.join()}]${transposeB ? "'" : ''}`,
      inputs: { x, y },
      run: (inputs) => tf.matMul(at(inputs, 'x'), at(inputs, 'y'), transposeA, transposeB),
      wrt: realInputs({ x, y }),
    }));
  });

/** Equations of one and two factors: products, sums, diagonals of none, transposes and batches. */
const equations: fc.Arbitrary<Case> = fc
  .tuple(
    fc.constantFrom(
      'ij,jk->ik',
      'bij,bjk->bik',
      'ij->ji',
      'ij->i',
      'ij->',
      'i,j->ij',
      'i,i->',
      'bhid,bhjd->bhij',
      'abc, cb -> ca',
      'ij,ij->ij',
      'abcd,d->abc',
    ),
    fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 26, maxLength: 26 }),
    fc.boolean(),
  )
  .chain(([equation, lengths, whole]) => {
    const terms = (equation.split('->')[0] as string).replaceAll(' ', '').split(',');
    const shapesOf = terms.map((term) =>
      Array.from(term, (letter) => lengths[letter.charCodeAt(0) - 97] as number),
    );
    return fc
      .tuple(...shapesOf.map((shape) => (whole ? integers(shape) : floats(shape))))
      .map((factors): Case => {
        const inputs = Object.fromEntries(factors.map((factor, index) => [`x${index}`, factor]));
        return {
          label: `${equation} of ${factors.map(({ shape, dtype }) => `${dtype} [${shape.join()}]`).join(' and ')}`,
          inputs,
          run: (xs) => tf.einsum(equation, ...factors.map((_, index) => at(xs, `x${index}`))),
          wrt: realInputs(inputs),
        };
      });
  });

const CASES: CaseTable = { BatchMatMul: products, Einsum: equations };

describe('products of matrices, captured and on cpu', () => {
  testConformance(MATRIX, CASES);
});

test('broadcasts batches', async () => {
  // Batch (i, j) is a_i b_j: 1 or 2 times 3, 4 or 5.
  const of = (shape: readonly number[], ...values: number[]): HostTensor => ({
    shape,
    dtype: 'float32',
    data: Float32Array.from(values),
  });
  const product = createFunction((_weights, { a, b }) => ({ c: tf.matMul(a as tf.Tensor, b as tf.Tensor) }));
  const { c } = await product.run({ a: of([2, 1, 1, 1], 1, 2), b: of([1, 3, 1, 1], 3, 4, 5) });
  expect(c).toEqual(of([2, 3, 1, 1], 3, 4, 5, 6, 8, 10));
  await product.dispose();
});
