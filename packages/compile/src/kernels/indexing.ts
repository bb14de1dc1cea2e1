import type * as tf from '@tensorflow/tfjs-core';
import type { CaptureBackend, GraphValue } from '../capture-backend.js';
import { axisOf, type KernelTable } from '../kernel.js';
import { ONNX_TYPES } from '../onnx-graph.js';
import { sizeOf, type TensorType } from '../tensors.js';
import { filled, filling } from './creation.js';
import { reshapedTo } from './layout.js';
import { reshaped } from './shape.js';

/**
 * Rows of x [batch, outer, length, inner] at indices [batch, count], each row of indices within its own batch.
 *
 * By GatherND, which refuses an index outside the axis; as a place among all rows it would be another batch's.
 */
function gatheredInBatches(
  backend: CaptureBackend,
  x: GraphValue,
  indices: GraphValue,
  axis: number,
  batchDims: number,
): tf.TensorInfo {
  const { graph } = backend;
  const dims = batchDims < 0 ? batchDims + indices.shape.length : batchDims;
  const length = x.shape[axis] as number;
  const [batch, outer] = [sizeOf(x.shape.slice(0, dims)), sizeOf(x.shape.slice(dims, axis))];
  const inner = sizeOf(x.shape.slice(axis + 1));
  const shape = [...x.shape.slice(0, axis), ...indices.shape.slice(dims), ...x.shape.slice(axis + 1)];
  if (sizeOf(shape) === 0) return filled(backend, 0, shape, x.dtype);
  const count = sizeOf(indices.shape.slice(dims));
  const rows = reshapedTo(backend, x, [batch, outer, length, inner]).name;
  const own = reshapedTo(backend, indices, [batch, 1, count, 1]).name;
  const places = graph.addNode('Cast', [own], { to: ONNX_TYPES.int64 });
  const ofEach =
    outer === 1 ? places : graph.addNode('Expand', [places, graph.integers([batch, outer, count, 1])]);
  const name = graph.addNode('GatherND', [rows, ofEach], { batch_dims: 2 });
  return reshaped(backend, { name, shape: [batch, outer, count, inner], dtype: x.dtype }, shape);
}

/** indices [..., depth] as ONNX wants them, for updates of slices of a tensor of the given shape. */
function updatesOf(
  backend: CaptureBackend,
  indices: GraphValue,
  updates: GraphValue,
  shape: readonly number[],
) {
  const depth = indices.shape.length <= 1 ? 1 : (indices.shape.at(-1) as number);
  const count = sizeOf(indices.shape) / Math.max(1, depth);
  const listed = reshapedTo(backend, indices, [count, depth]);
  const places = backend.graph.addNode('Cast', [listed.name], { to: ONNX_TYPES.int64 });
  const slices = [count, ...shape.slice(depth)];
  const isOne = sizeOf(updates.shape) === 1 && sizeOf(slices) !== 1;
  const values = isOne
    ? backend.graph.addNode('Expand', [updates.name, backend.graph.integers(slices)])
    : reshapedTo(backend, updates, slices).name;
  return { places, values, count };
}

/**
 * Zeros of a shape, seen as rows as wide as the updates, with each update added to its row.
 *
 * Not by ScatterND: onnxruntime's adds from several threads at once without minding that they meet in
 * one row, and loses updates.
 *
 * @param rows - int64 [count, 1]
 * @param updates - [count, width]
 */
function addedRows(
  backend: CaptureBackend,
  shape: readonly number[],
  rows: string,
  updates: GraphValue,
): tf.TensorInfo {
  const { dtype } = updates;
  if (sizeOf(shape) === 0 || sizeOf(updates.shape) === 0) return filled(backend, 0, shape, dtype);
  const { graph } = backend;
  const [count, width] = updates.shape as [number, number];
  const flat = [sizeOf(shape) / width, width];
  const zeros = filling(backend, 0, flat, dtype).name;
  const places = graph.addNode('Expand', [rows, graph.integers([count, width])]);
  const name = graph.addNode('ScatterElements', [zeros, places, updates.name], { axis: 0, reduction: 'add' });
  return reshaped(backend, { name, shape: flat, dtype }, shape);
}

/** Picking by index, its gradient and one-hot rows. */
export const INDEXING: KernelTable = {
  GatherV2: ({ backend, input, attributes }) => {
    const [x, indices] = [input('x'), input('indices')];
    const axis = axisOf(attributes['axis'], x.shape);
    const batchDims = (attributes['batchDims'] as number | undefined) ?? 0;
    if (batchDims !== 0) return gatheredInBatches(backend, x, indices, axis, batchDims);
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
    return backend.emit('Gather', [x.name, backend.cast(indices, 'int32')], shape, x.dtype, { axis });
  },
  GatherNd: ({ backend, input }) => {
    const [params, indices] = [input('params'), input('indices')];
    const depth = indices.shape.at(-1) ?? 0;
    const shape = [...indices.shape.slice(0, -1), ...params.shape.slice(depth)];
    const places = backend.graph.addNode('Cast', [indices.name], { to: ONNX_TYPES.int64 });
    return backend.emit('GatherND', [params.name, places], shape, params.dtype);
  },
  ScatterNd: ({ backend, input, attributes }) => {
    const [indices, updates] = [input('indices'), input('updates')];
    const shape = attributes['shape'] as number[];
    // A list holds places along the first axis.
    const depth = indices.shape.length > 1 ? (indices.shape.at(-1) as number) : 1;
    const inner = sizeOf(shape.slice(depth));
    const count = indices.shape.length > 1 ? sizeOf(indices.shape.slice(0, -1)) : sizeOf(indices.shape);
    const { graph } = backend;
    // The number of a row, from its coordinates.
    const strides = shape.slice(0, depth).map((_, axis) => sizeOf(shape.slice(axis + 1, depth)));
    const coordinates = graph.addNode('Cast', [reshapedTo(backend, indices, [count, depth]).name], {
      to: ONNX_TYPES.int64,
    });
    const steps = graph.addNode('Mul', [coordinates, graph.integers(strides)]);
    const rows = graph.addNode('ReduceSum', [steps, graph.integers([1])], { keepdims: 1 });
    return addedRows(backend, shape, rows, reshapedTo(backend, updates, [count, inner]));
  },
  SparseToDense: ({ backend, input, attributes }) => {
    const [indices, updates] = [input('sparseIndices'), input('sparseValues')];
    const fill = input('defaultValue');
    const shape = attributes['outputShape'] as number[];
    const filling = reshapedTo(
      backend,
      { ...fill, name: backend.cast(fill, updates.dtype), dtype: updates.dtype },
      [],
    );
    const dense = backend.graph.addNode('Expand', [filling.name, backend.graph.integers(shape)]);
    const { places, values, count } = updatesOf(backend, indices, updates, shape);
    if (count === 0) return backend.tensorOf(dense, shape, updates.dtype);
    return backend.emit('ScatterND', [dense, places, values], shape, updates.dtype);
  },
  TensorScatterUpdate: ({ backend, input }) => {
    const [tensor, indices, updates] = [input('tensor'), input('indices'), input('updates')];
    const { places, values, count } = updatesOf(backend, indices, updates, tensor.shape);
    if (count === 0) return backend.tensorOf(tensor.name, tensor.shape, tensor.dtype);
    return backend.emit('ScatterND', [tensor.name, places, values], tensor.shape, tensor.dtype);
  },
  // The gradient of a gather: rows of x are added up by segment. Rows of segments that do not exist are left
  // out, where ONNX would count negative ones from the end: they are added to the first segment as zeros.
  UnsortedSegmentSum: ({ backend, input, attributes }) => {
    const [x, segmentIds] = [input('x'), input('segmentIds')];
    const shape = [attributes['numSegments'] as number, ...x.shape.slice(segmentIds.shape.length)];
    const { graph } = backend;
    const [rows, ...rest] = x.shape as [number, ...number[]];
    const known = graph.addNode('And', [
      graph.addNode('GreaterOrEqual', [segmentIds.name, graph.scalar(0, 'int32')]),
      graph.addNode('Less', [segmentIds.name, graph.scalar(shape[0] as number, 'int32')]),
    ]);
    const column = (name: string, ...ones: number[]) =>
      graph.addNode('Reshape', [name, graph.integers([rows, ...ones])], { allowzero: 1 });
    const ids = graph.addNode('Where', [known, segmentIds.name, graph.scalar(0, 'int32')]);
    const places = graph.addNode('Cast', [column(ids, 1)], { to: ONNX_TYPES.int64 });
    const added = graph.addNode('Where', [
      column(known, ...rest.map(() => 1)),
      x.name,
      graph.scalar(0, x.dtype),
    ]);
    return addedRows(
      backend,
      shape,
      places,
      reshapedTo(backend, { ...x, name: added }, [rows, sizeOf(rest)]),
    );
  },
  // onnxruntime's CPU OneHot wants int64 indices, and has no int32 values beside an int64 depth. Negative
  // indices, which it would count from the end, are moved past it, so that their rows are all `offValue`. It
  // has no OneHot of a scalar either.
  OneHot: ({ backend, input, attributes }) => {
    const indices = input('indices');
    const { depth, onValue, offValue } = attributes as { depth: number; onValue: number; offValue: number };
    const dtype = (attributes['dtype'] as TensorType | undefined) ?? 'int32';
    const { graph } = backend;
    const negative = graph.addNode('Less', [indices.name, graph.scalar(0, 'int32')]);
    const places = graph.addNode('Where', [negative, graph.scalar(depth, 'int32'), indices.name]);
    const wide = graph.addNode('Cast', [places], { to: ONNX_TYPES.int64 });
    const isScalar = indices.shape.length === 0;
    const listed = isScalar ? graph.addNode('Reshape', [wide, graph.integers([1])]) : wide;
    const rows = graph.addNode(
      'OneHot',
      [
        listed,
        graph.constant(ONNX_TYPES.int64, [], BigInt64Array.of(BigInt(depth))),
        graph.constant(ONNX_TYPES.float32, [2], Float32Array.of(offValue, onValue)),
      ],
      { axis: -1 },
    );
    const shape = isScalar ? [1, depth] : [...indices.shape, depth];
    const value = { name: backend.cast({ name: rows, shape, dtype: 'float32' }, dtype), shape, dtype };
    return reshaped(backend, value, [...indices.shape, depth]);
  },
};
