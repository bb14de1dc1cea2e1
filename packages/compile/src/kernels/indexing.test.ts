import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { captureGraph } from '../capture.js';
import { type HostTensor, sizeOf } from '../tensors.js';
import {
  at,
  type Case,
  type CaseTable,
  floats,
  integers,
  realInputs,
  shapes,
  testConformance,
} from './conformance.test-support.js';
import { INDEXING } from './indexing.js';

const values = (shape: readonly number[]) => fc.oneof(floats(shape), integers(shape));

/** Rows of coordinates within `shape`, along its first `depth` axes. */
function coordinates(
  shape: readonly number[],
  depth: number,
  rows: readonly number[],
): fc.Arbitrary<HostTensor> {
  const count = sizeOf(rows);
  const row = fc.tuple(...shape.slice(0, depth).map((length) => fc.integer({ min: 0, max: length - 1 })));
  return fc.array(row, { minLength: count, maxLength: count }).map((all) => ({
    shape: [...rows, depth],
    dtype: 'int32',
    data: Int32Array.from(all.flat()),
  }));
}

const gather: fc.Arbitrary<Case> = fc
  .tuple(shapes(1, 4, 1), shapes(0, 2), fc.nat(), fc.boolean())
  .chain(([shape, rows, place, back]) => {
    const axis = place % shape.length;
    return fc
      .tuple(values(shape), integers(rows, 0, (shape[axis] as number) - 1))
      .map(([x, indices]): Case => {
        const asked = back ? axis - shape.length : axis;
        return {
          label: `${x.dtype} [${shape.join()}] at [${rows.join()}], axis ${asked}`,
          inputs: { x, indices },
          run: (inputs) => tf.gather(at(inputs, 'x'), at(inputs, 'indices'), asked),
          // tfjs's gradient needs an axis that is counted from the front.
          wrt: back ? [] : realInputs({ x }),
        };
      });
  });

const gatherNd: fc.Arbitrary<Case> = fc
  .tuple(shapes(1, 4, 1), shapes(1, 2, 1), fc.nat())
  .chain(([shape, rows, place]) =>
    fc.tuple(values(shape), coordinates(shape, (place % shape.length) + 1, rows)),
  )
  .map(([x, indices]) => ({
    label: `${x.dtype} [${x.shape.join()}] at [${indices.shape.join()}]`,
    inputs: { x, indices },
    run: (inputs) => tf.gatherND(at(inputs, 'x'), at(inputs, 'indices')),
  }));

const scatterNd: fc.Arbitrary<Case> = fc
  .tuple(shapes(1, 4, 1), fc.integer({ min: 1, max: 5 }), fc.nat())
  .chain(([shape, rows, place]) => {
    const depth = (place % shape.length) + 1;
    return fc
      .tuple(coordinates(shape, depth, [rows]), values([rows, ...shape.slice(depth)]))
      .map(([indices, updates]) => ({
        label: `${updates.dtype} [${updates.shape.join()}] at [${indices.shape.join()}] of [${shape.join()}]`,
        inputs: { indices, updates },
        run: (inputs: Parameters<Case['run']>[0]) =>
          tf.scatterND(at(inputs, 'indices'), at(inputs, 'updates'), shape),
      }));
  });

const CASES: CaseTable = {
  GatherV2: gather,
  GatherNd: gatherNd,
  ScatterNd: scatterNd,
  // Segments that do not exist, as of padding, are left out. Real numbers only: tfjs's cpu backend makes sums of integers real.
  UnsortedSegmentSum: fc
    .tuple(shapes(1, 3, 1), fc.integer({ min: 1, max: 4 }))
    .chain(([shape, segments]) =>
      fc.tuple(floats(shape), integers(shape.slice(0, 1), -1, segments), fc.constant(segments)),
    )
    .map(([x, ids, segments]) => ({
      label: `${x.dtype} [${x.shape.join()}] into ${segments}`,
      inputs: { x, ids },
      run: (inputs) => tf.unsortedSegmentSum(at(inputs, 'x'), at(inputs, 'ids') as tf.Tensor1D, segments),
      // tfjs's gradient knows negative segments only.
      wrt: Math.max(...ids.data) < segments ? realInputs({ x }) : [],
    })),
  // Indices out of range, as of padding, give rows of `offValue`.
  OneHot: fc
    .tuple(
      shapes().chain((shape) => integers(shape, -2, 4)),
      fc.integer({ min: 2, max: 4 }),
      fc.constantFrom([1, 0] as const, [5, -2] as const),
      fc.constantFrom('int32', 'float32' as const),
    )
    .map(([indices, depth, [on, off], dtype]) => ({
      label: `[${indices.shape.join()}] of ${depth}, ${on} or ${off}, ${dtype}`,
      inputs: { indices },
      run: (inputs) => tf.oneHot(at(inputs, 'indices'), depth, on, off, dtype),
    })),
  Range: fc
    .tuple(
      fc.integer({ min: -5, max: 5 }),
      fc.integer({ min: -5, max: 5 }),
      fc.constantFrom(1, 2, 3, -1, -2),
      fc.constantFrom('int32', 'float32' as const),
    )
    .map(([start, stop, step, dtype]) => ({
      label: `${start} to ${stop} by ${step}, ${dtype}`,
      inputs: {},
      run: () => tf.range(start, stop, step, dtype),
    })),
};

describe('indexing kernels, captured and on cpu', () => {
  // A one-hot row depends on whole numbers: there is nothing to differentiate.
  testConformance(INDEXING, CASES, ['OneHot']);
});

test('gather with batch dimensions is refused in words', () => {
  const specs = {
    x: { shape: [2, 3], dtype: 'float32' },
    indices: { shape: [2, 1], dtype: 'int32' },
  } as const;
  const program = ({ x, indices }: Readonly<Record<string, tf.Tensor>>) => ({
    y: tf.gather(x as tf.Tensor, indices as tf.Tensor1D, 1, 1),
  });
  expect(() => captureGraph(specs, program)).toThrow(/GatherV2: batchDims other than 0/);
});
