import * as tf from '@tensorflow/tfjs-core';
import { type Gradient, type GradientTable, shapedAs, unmoved } from '../gradient.js';
import { axisOf } from '../kernel.js';
import { sizeOf } from '../tensors.js';
import { addedRows } from './rows.js';

/** indices [..., depth] as [count, depth]; a list holds places along the first axis, as everywhere in tfjs. */
function listed(indices: tf.Tensor): tf.Tensor {
  const depth = indices.rank > 1 ? (indices.shape.at(-1) as number) : 1;
  return shapedAs(indices, [sizeOf(indices.shape) / Math.max(1, depth), depth]);
}

/** Places of which negative ones are counted from the end, as onnxruntime reads them; tfjs refuses those. */
function fromFront(places: tf.Tensor, length: tf.Tensor): tf.Tensor {
  return tf.where(tf.less(places, 0), tf.add(places, length), places);
}

/**
 * The slices of x that were written at indices, in the shape of what was written; one
 * number was written everywhere.
 */
function pickedFor(x: tf.Tensor, indices: tf.Tensor, updates: readonly number[]): tf.Tensor {
  const places = listed(indices);
  if (sizeOf(updates) === 0 || places.size === 0) return tf.zeros([...updates]);
  const picked = tf.gatherND(x, places);
  return shapedAs(sizeOf(updates) === 1 && picked.size !== 1 ? tf.sum(picked) : picked, updates);
}

/** dy without the slices that were written over. */
function withoutWritten(dy: tf.Tensor, indices: tf.Tensor): tf.Tensor {
  const places = listed(indices);
  if (places.size === 0 || dy.size === 0) return dy;
  const [count, depth] = places.shape as [number, number];
  // Not by tensorScatterUpdate, which on tfjs's cpu backend writes into the tensor that it is given.
  const writes = tf.scatterND<tf.Rank>(places, tf.ones([count, ...dy.shape.slice(depth)]), dy.shape);
  return tf.where(tf.greater(writes, 0), tf.zerosLike(dy), dy);
}

/** Rows of x at whole numbers that may lie outside: zeros there. */
function rowsWithin(x: tf.Tensor, places: tf.Tensor): tf.Tensor {
  const count = x.shape[0];
  const shape = [...places.shape, ...x.shape.slice(1)];
  if (sizeOf(shape) === 0 || count === 0) return tf.zeros(shape);
  const within = tf.logicalAnd(tf.greaterEqual(places, 0), tf.less(places, count));
  const rows = tf.gather(x, tf.cast(tf.clipByValue(places, 0, count - 1), 'int32'));
  const mask = shapedAs(within, [...places.shape, ...x.shape.slice(1).map(() => 1)]);
  return tf.where(mask, rows, tf.zerosLike(rows));
}

/**
 * y_b = sum of the weights of elements that are b: each weight gets dy at its element. Nothing
 * where only presence counts.
 */
const counts: Gradient = {
  saves: ['x', 'weights'],
  of: ({ dy, input, attributes }) => {
    const [x, weights] = [input('x'), input('weights')];
    return {
      x: () => unmoved(x),
      weights: () => {
        // Presence is asked of rows only.
        const isBinary = attributes['binaryOutput'] === true && x.rank === 2;
        if (weights.size === 0 || isBinary) return unmoved(weights);
        if (x.rank < 2) return rowsWithin(dy, x);
        // Rows one after another in one list of counts; what is outside its row is outside the list.
        const [rows, size] = dy.shape as [number, number];
        const starts = tf.mul(tf.range(0, rows, 1, 'int32'), tf.scalar(size, 'int32'));
        const within = tf.logicalAnd(tf.greaterEqual(x, 0), tf.less(x, size));
        const places = tf.where(within, tf.add(x, tf.expandDims(starts, 1)), tf.scalar(-1, 'int32'));
        return rowsWithin(shapedAs(dy, [rows * size]), places);
      },
    };
  },
};

/** Picking, adding and writing by index. Indices have no gradient: they are whole numbers. */
export const INDEXING: GradientTable = {
  // Rows of x [batch, outer, length, inner] at indices [batch, count]: dX adds dy's rows up where they came
  // from. tfjs fails with batchDims.
  GatherV2: {
    saves: ['x', 'indices'],
    of: ({ dy, input, attributes }) => ({
      x: () => {
        const [x, indices] = [input('x'), input('indices')];
        const axis = axisOf(attributes['axis'], x.shape);
        const asked = (attributes['batchDims'] as number | undefined) ?? 0;
        const dims = asked < 0 ? asked + indices.rank : asked;
        const length = x.shape[axis] as number;
        const [batch, outer] = [sizeOf(x.shape.slice(0, dims)), sizeOf(x.shape.slice(dims, axis))];
        const inner = sizeOf(x.shape.slice(axis + 1));
        const count = sizeOf(indices.shape.slice(dims));
        const blocks = batch * outer;
        const starts = tf.tensor(
          Int32Array.from({ length: blocks }, (_, block) => block * length),
          [batch, outer, 1],
          'int32',
        );
        const own = shapedAs(indices, [batch, 1, count]);
        const places = blocks === 1 ? own : tf.add(fromFront(own, tf.scalar(length, 'int32')), starts);
        return shapedAs(addedRows(places, shapedAs(dy, [blocks * count, inner]), blocks * length), x.shape);
      },
      indices: () => unmoved(input('indices')),
    }),
  },
  // Slices of params at rows of coordinates: dParams adds dy's slices up where they came from. tfjs has none.
  GatherNd: {
    saves: ['params', 'indices'],
    of: ({ dy, input }) => ({
      params: () => {
        const [params, indices] = [input('params'), input('indices')];
        const places = shapedAs(indices, [sizeOf(indices.shape.slice(0, -1)), indices.shape.at(-1) ?? 0]);
        if (params.size === 0 || dy.size === 0) return unmoved(params);
        const [count, depth] = places.shape as [number, number];
        const slices = shapedAs(dy, [count, ...params.shape.slice(depth)]);
        const lengths = tf.tensor1d(params.shape.slice(0, depth), 'int32');
        const own = depth > 1 ? fromFront(places, lengths) : places;
        return tf.scatterND<tf.Rank>(own, slices, params.shape);
      },
      indices: () => unmoved(input('indices')),
    }),
  },
  // Sums of updates by coordinates: dUpdates picks dy there. tfjs has none.
  ScatterNd: {
    saves: ['indices', 'updates'],
    of: ({ dy, input }) => ({
      indices: () => unmoved(input('indices')),
      updates: () => pickedFor(dy, input('indices'), input('updates').shape),
    }),
  },
  // A tensor with slices written over; places must not be written twice, as which one stays is not said. tfjs has none.
  TensorScatterUpdate: {
    saves: ['indices', 'updates'],
    of: ({ dy, input }) => ({
      tensor: () => withoutWritten(dy, input('indices')),
      indices: () => unmoved(input('indices')),
      updates: () => pickedFor(dy, input('indices'), input('updates').shape),
    }),
  },
  // The same over a tensor filled with one number. tfjs has none.
  SparseToDense: {
    saves: ['sparseIndices', 'sparseValues', 'defaultValue'],
    of: ({ dy, input }) => ({
      sparseIndices: () => unmoved(input('sparseIndices')),
      sparseValues: () => pickedFor(dy, input('sparseIndices'), input('sparseValues').shape),
      defaultValue: () =>
        shapedAs(tf.sum(withoutWritten(dy, input('sparseIndices'))), input('defaultValue').shape),
    }),
  },
  // y_s = sum of rows whose segment is s: each row gets dy of its segment, or 0 where that does not exist.
  // tfjs fails, on cpu, at segments past the last.
  UnsortedSegmentSum: {
    saves: ['segmentIds'],
    of: ({ dy, input }) => ({
      x: () => rowsWithin(dy, input('segmentIds')),
      segmentIds: () => unmoved(input('segmentIds')),
    }),
  },
  // tfjs has none of these two.
  Bincount: counts,
  DenseBincount: counts,
  // The place in the flat tensor of each largest value, which gets its gradient. tfjs has none.
  MaxPoolWithArgmax: {
    saves: ['x'],
    outputs: [1],
    of: ({ dy, input, output, attributes }) => ({
      x: () => {
        const { shape, size } = input('x');
        const batch = shape[0];
        const starts = tf.tensor(
          Int32Array.from({ length: batch }, (_, image) => (image * size) / batch),
          [batch, 1, 1, 1],
          'int32',
        );
        const places = attributes['includeBatchInIndex'] === true ? output(1) : tf.add(output(1), starts);
        return shapedAs(addedRows(places, shapedAs(dy, [dy.size, 1]), size), shape);
      },
    }),
  },
};

/** The elements of a square [size, size] whose row is their column, as a list. */
export function diagonalOf(square: tf.Tensor, size: number): tf.Tensor {
  const places = tf.tensor(
    Int32Array.from({ length: size }, (_, at) => at * (size + 1)),
    [size],
    'int32',
  );
  return tf.gather(shapedAs(square, [size * size]), places);
}
