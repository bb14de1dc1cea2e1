import type { KernelTable } from '../kernel.js';
import { axisOf, notCaptured } from '../kernel.js';
import { ONNX_TYPES } from '../onnx-graph.js';
import type { TensorType } from '../tensors.js';
import { filled } from './elementwise.js';
import { reshaped } from './shape.js';

/** Picking by index, its gradient, one-hot rows and ranges. */
export const INDEXING: KernelTable = {
  GatherV2: ({ backend, input, attributes }) => {
    const [x, indices] = [input('x'), input('indices')];
    const axis = axisOf(attributes['axis'], x.shape);
    if (((attributes['batchDims'] as number | undefined) ?? 0) !== 0)
      throw notCaptured('GatherV2', 'batchDims other than 0');
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
    const zeros = backend.graphValue(filled(backend, 0, shape, updates.dtype)).name;
    const places = backend.graph.addNode('Cast', [indices.name], { to: ONNX_TYPES.int64 });
    return backend.emit('ScatterND', [zeros, places, updates.name], shape, updates.dtype, {
      reduction: 'add',
    });
  },
  // The gradient of a gather: rows of x are added up by segment. Rows of segments that do not exist are left out, where ONNX
  // would count negative ones from the end: they are added to the first segment as zeros.
  UnsortedSegmentSum: ({ backend, input, attributes }) => {
    const [x, segmentIds] = [input('x'), input('segmentIds')];
    const shape = [attributes['numSegments'] as number, ...x.shape.slice(segmentIds.shape.length)];
    const { graph } = backend;
    const zeros = backend.graphValue(filled(backend, 0, shape, x.dtype)).name;
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
    return backend.emit('ScatterND', [zeros, places, added], shape, x.dtype, { reduction: 'add' });
  },
  // onnxruntime's CPU OneHot wants int64 indices, and has no int32 values beside an int64 depth. Negative indices, which it would
  // count from the end, are moved past it, so that their rows are all `offValue`. It has no OneHot of a scalar either.
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
  Range: ({ backend, attributes }) => {
    const { start, stop, step, dtype } = attributes as {
      start: number;
      stop: number;
      step: number;
      dtype: TensorType;
    };
    // As tfjs: a step that was left at 1 counts down where the range goes down.
    const by = stop < start && step === 1 ? -1 : step;
    const count = Math.max(0, Math.ceil((stop - start) / by));
    const values = Array.from({ length: count }, (_, index) => start + index * by);
    const data = dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values);
    return backend.tensorOf(backend.graph.constant(ONNX_TYPES[dtype], [count], data), [count], dtype);
  },
};
