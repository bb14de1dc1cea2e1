import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFunction } from '../compiled-function.js';
import { type HostTensor, sizeOf, type TensorMap } from '../tensors.js';
import {
  at,
  type Case,
  type CaseTable,
  floats,
  integers,
  realInputs,
  shapes,
  tensors,
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
          wrt: realInputs({ x }),
        };
      });
  });

/** Each row of indices within its own batch; `indices` and x share their first axes. */
const gatherInBatches: fc.Arbitrary<Case> = fc
  .tuple(shapes(2, 5, 1), shapes(0, 2), fc.nat(), fc.nat())
  .chain(([shape, rows, first, second]) => {
    const batchDims = (first % Math.min(3, shape.length - 1)) + 1;
    const axis = batchDims + (second % (shape.length - batchDims));
    const places = [...shape.slice(0, batchDims), ...rows];
    return fc.tuple(values(shape), integers(places, 0, (shape[axis] as number) - 1)).map(
      ([x, indices]): Case => ({
        label: `${x.dtype} [${shape.join()}] at [${places.join()}], axis ${axis}, ${batchDims} batch axes`,
        inputs: { x, indices },
        run: (inputs) => tf.gather(at(inputs, 'x'), at(inputs, 'indices'), axis, batchDims),
        wrt: realInputs({ x }),
      }),
    );
  });

/** Rows of coordinates of which no two are the same, and as many updates. */
function updates(run: (inputs: TensorMap, shape: number[]) => tf.Tensor, old: boolean): fc.Arbitrary<Case> {
  return fc
    .tuple(shapes(1, 4, 1), fc.nat(), fc.constantFrom('float32', 'int32', 'bool' as const))
    .chain(([shape, place, dtype]) => {
      const depth = old ? (place % shape.length) + 1 : shape.length;
      const lengths = shape.slice(0, depth);
      const count = sizeOf(lengths);
      const rowOf = (flat: number) =>
        lengths.map((length, axis) => Math.floor(flat / sizeOf(lengths.slice(axis + 1))) % length);
      return fc
        .subarray(
          Array.from({ length: count }, (_, flat) => flat),
          { minLength: 1 },
        )
        .chain((flats) =>
          fc
            .tuple(tensors([flats.length, ...shape.slice(depth)], dtype), tensors(old ? shape : [], dtype))
            .map(([written, before]): Case => {
              const indices: HostTensor = {
                shape: [flats.length, depth],
                dtype: 'int32',
                data: Int32Array.from(flats.flatMap(rowOf)),
              };
              return {
                label: `${dtype} [${written.shape.join()}] at [${indices.shape.join()}] of [${shape.join()}]`,
                inputs: { indices, written, before },
                run: (inputs) => run(inputs, shape),
                wrt: realInputs({ written, before }),
              };
            }),
        );
    });
}

const gatherNd: fc.Arbitrary<Case> = fc
  .tuple(shapes(1, 4, 1), shapes(1, 2, 1), fc.nat())
  .chain(([shape, rows, place]) =>
    fc.tuple(values(shape), coordinates(shape, (place % shape.length) + 1, rows)),
  )
  .map(([x, indices]) => ({
    label: `${x.dtype} [${x.shape.join()}] at [${indices.shape.join()}]`,
    inputs: { x, indices },
    run: (inputs) => tf.gatherND(at(inputs, 'x'), at(inputs, 'indices')),
    wrt: realInputs({ x }),
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
        wrt: realInputs({ updates }),
      }));
  });

const CASES: CaseTable = {
  GatherV2: fc.oneof({ weight: 2, arbitrary: gather }, { weight: 3, arbitrary: gatherInBatches }),
  GatherNd: gatherNd,
  ScatterNd: scatterNd,
  SparseToDense: updates(
    (inputs, shape) =>
      tf.sparseToDense(
        at(inputs, 'indices'),
        at(inputs, 'written'),
        shape,
        at(inputs, 'before') as tf.Scalar,
      ),
    false,
  ),
  TensorScatterUpdate: updates(
    (inputs) => tf.tensorScatterUpdate(at(inputs, 'before'), at(inputs, 'indices'), at(inputs, 'written')),
    true,
  ),
  // Segments that do not exist, as of padding, are left out. Real numbers only: tfjs's cpu backend
  // makes sums of integers real.
  UnsortedSegmentSum: fc
    .tuple(shapes(1, 3, 1), fc.integer({ min: 1, max: 4 }))
    .chain(([shape, segments]) =>
      fc.tuple(floats(shape), integers(shape.slice(0, 1), -1, segments), fc.constant(segments)),
    )
    .map(([x, ids, segments]) => ({
      label: `${x.dtype} [${x.shape.join()}] into ${segments}`,
      inputs: { x, ids },
      run: (inputs) => tf.unsortedSegmentSum(at(inputs, 'x'), at(inputs, 'ids') as tf.Tensor1D, segments),
      wrt: realInputs({ x }),
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
};

describe('indexing kernels, captured and on cpu', () => {
  // A one-hot row depends on whole numbers: there is nothing to differentiate.
  testConformance(INDEXING, CASES, ['OneHot']);
});

/** Whole numbers, whose sums are exact in any order: 4,096 rows of 64 that fall on three places. */
const CROWD = { rows: 4096, width: 64, places: 3 };

test.each<[string, (x: tf.Tensor, ids: tf.Tensor) => tf.Tensor]>([
  ['segments', (x, ids) => tf.unsortedSegmentSum(x, ids as tf.Tensor1D, CROWD.places)],
  ['coordinates', (x, ids) => tf.scatterND<tf.Rank>(tf.expandDims(ids, 1), x, [CROWD.places, CROWD.width])],
])('sums by %s lose nothing where several threads meet in one row', async (_name, run) => {
  const { rows, width, places } = CROWD;
  const x: HostTensor = {
    shape: [rows, width],
    dtype: 'float32',
    data: Float32Array.from({ length: rows * width }, (_, i) => (i % 7) + 1),
  };
  const ids: HostTensor = {
    shape: [rows],
    dtype: 'int32',
    data: Int32Array.from({ length: rows }, (_, row) => (row * row) % places),
  };
  const expected = new Float32Array(places * width);
  x.data.forEach((value, i) => {
    const at = Number(ids.data[Math.floor(i / width)]) * width + (i % width);
    expected[at] = (expected[at] as number) + value;
  });
  const sums = createFunction(
    (_weights, inputs) => ({ y: run(inputs['x'] as tf.Tensor, inputs['ids'] as tf.Tensor) }),
    {
      threads: 4,
    },
  );
  for (let time = 0; time < 20; time++) expect((await sums.run({ x, ids }))['y']?.data).toEqual(expected);
  await sums.dispose();
});

/** Values and gradients of a gather at places that tfjs's cpu backend refuses. */
async function gathered(x: HostTensor, indices: HostTensor, run: (x: tf.Tensor, at: tf.Tensor) => tf.Tensor) {
  const captured = createFunction(
    (_weights, inputs) => {
      const places = inputs['indices'] as tf.Tensor;
      const dx = tf.grad((z) => {
        const y = run(z, places);
        const factors = Float32Array.from({ length: y.size }, (_, i) => i + 1);
        return tf.sum(tf.mul(y, tf.tensor(factors, y.shape)));
      });
      return { y: run(inputs['x'] as tf.Tensor, places), dx: dx(inputs['x'] as tf.Tensor) };
    },
    { threads: 1 },
  );
  try {
    const { y, dx } = await captured.run({ x, indices });
    return { y: [...(y?.data ?? [])], dx: [...(dx?.data ?? [])] };
  } finally {
    await captured.dispose();
  }
}

describe('indices that are not within an axis', () => {
  const x: HostTensor = { shape: [2, 3], dtype: 'float32', data: Float32Array.of(1, 2, 3, 4, 5, 6) };
  const places = (shape: readonly number[], ...values: number[]): HostTensor => ({
    shape,
    dtype: 'int32',
    data: Int32Array.from(values),
  });

  test('negative ones are read from the end, and have their gradient there', async () => {
    // y = [[1, 3], [4, 6]], its factors 1, 2, 3, 4.
    expect(await gathered(x, places([2], 0, -1), (z, at) => tf.gather(z, at, 1))).toEqual({
      y: [1, 3, 4, 6],
      dx: [1, 0, 2, 3, 0, 4],
    });
    expect(await gathered(x, places([2, 1], -1, -3), (z, at) => tf.gather(z, at, 1, 1))).toEqual({
      y: [3, 4],
      dx: [0, 0, 1, 2, 0, 0],
    });
    // Coordinates [1, -1] and [-2, 0].
    expect(await gathered(x, places([2, 2], 1, -1, -2, 0), (z, at) => tf.gatherND(z, at))).toEqual({
      y: [6, 1],
      dx: [2, 0, 0, 0, 0, 1],
    });
  });

  test.each([3, -4])('%i of 3 is refused, also where another batch has a row there', async (place) => {
    const wide: HostTensor = { shape: [2, 2, 3], dtype: 'float32', data: new Float32Array(12) };
    for (const [given, indices, axis, batchDims] of [
      [x, places([1], place), 1, 0],
      [x, places([2, 1], place, 0), 1, 1],
      [wide, places([2, 1], place, 0), 2, 1],
    ] as const)
      await expect(gathered(given, indices, (z, at) => tf.gather(z, at, axis, batchDims))).rejects.toThrow(
        /invalid index|indices element out of data bounds/,
      );
  });
});
