import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe } from 'vitest';
import type { HostTensor } from '../tensors.js';
import {
  at,
  type Case,
  type CaseTable,
  finite,
  floats,
  integers,
  testConformance,
} from './conformance.test-support.js';
import { COUNTING } from './counting.js';

/** Numbers up to and past the end, without weights or with them, of a list or of rows. */
function counts(
  shape: fc.Arbitrary<number[]>,
  run: (x: tf.Tensor, weights: tf.Tensor, size: number, isBinary: boolean) => tf.Tensor,
): fc.Arbitrary<Case> {
  return fc
    .tuple(shape, fc.integer({ min: 1, max: 4 }), fc.boolean(), fc.constantFrom('none', 'float32', 'int32'))
    .chain(([of, size, isBinary, kind]) => {
      const none = fc.constant<HostTensor>({ shape: [0], dtype: 'float32', data: new Float32Array(0) });
      const weights = kind === 'none' ? none : kind === 'int32' ? integers(of) : floats(of);
      return fc.tuple(integers(of, 0, 5), weights).map(
        ([x, given]): Case => ({
          label: `[${of.join()}] of ${size}, weights ${kind}, binary ${isBinary}`,
          inputs: { x, weights: given },
          run: (inputs) => run(at(inputs, 'x'), at(inputs, 'weights'), size, isBinary),
          wrt: kind === 'float32' ? ['weights'] : [],
        }),
      );
    });
}

const list = fc.tuple(fc.integer({ min: 1, max: 6 })).map(([length]) => [length]);
const rows = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 5 }))
  .map((pair): number[] => [...pair]);

const sorted = (shape: readonly [number, number]): fc.Arbitrary<HostTensor> =>
  fc
    .array(
      fc.array(fc.oneof(finite(-2, 2), fc.integer({ min: -2, max: 2 })), {
        minLength: shape[1],
        maxLength: shape[1],
      }),
      {
        minLength: shape[0],
        maxLength: shape[0],
      },
    )
    .map((all) => ({
      shape,
      dtype: 'float32',
      data: Float32Array.from(all.flatMap((row) => row.toSorted((a, b) => a - b))),
    }));

const CASES: CaseTable = {
  Bincount: counts(list, (x, weights, size) => tf.bincount(x as tf.Tensor1D, weights as tf.Tensor1D, size)),
  DenseBincount: counts(fc.oneof(list, rows), (x, weights, size, isBinary) =>
    tf.denseBincount(x as tf.Tensor1D, weights as tf.Tensor1D, size, isBinary),
  ),
  SearchSorted: fc
    .tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 4 }))
    .chain(([batch, length, count]) =>
      fc.tuple(
        sorted([batch, length]),
        floats([batch, count], fc.oneof(finite(-3, 3), fc.integer({ min: -2, max: 2 }))),
        fc.constantFrom<'left' | 'right'>('left', 'right'),
      ),
    )
    .map(([sequence, values, side]) => ({
      label: `[${sequence.data.join()}] at [${values.data.join()}], ${side}`,
      inputs: { sequence, values },
      run: (inputs) => tf.searchSorted(at(inputs, 'sequence'), at(inputs, 'values'), side),
      wrt: ['values'],
    })),
};

describe('counting, captured and on cpu', () => {
  testConformance(COUNTING, CASES);
});
