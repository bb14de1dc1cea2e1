import type { KernelTable } from '../kernel.js';
import { axisOf, notCaptured } from '../kernel.js';
import { ONNX_TYPES } from '../onnx-graph.js';
import { sizeOf, type TensorType } from '../tensors.js';
import { filled } from './elementwise.js';

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
  // The gradient of a gather: rows of x are added up by segment.
  UnsortedSegmentSum: ({ backend, input, attributes }) => {
    const [x, segmentIds] = [input('x'), input('segmentIds')];
    const shape = [attributes['numSegments'] as number, ...x.shape.slice(segmentIds.shape.length)];
    const { graph } = backend;
    const zeros = backend.graphValue(filled(backend, 0, shape, x.dtype)).name;
    const wide = graph.addNode('Cast', [segmentIds.name], { to: ONNX_TYPES.int64 });
    const places = graph.addNode('Reshape', [wide, graph.integers([sizeOf(segmentIds.shape), 1])]);
    return backend.emit('ScatterND', [zeros, places, x.name], shape, x.dtype, { reduction: 'add' });
  },
  // onnxruntime's CPU OneHot wants int64 indices, and has no int32 values beside an int64 depth.
  OneHot: ({ backend, input, attributes }) => {
    const indices = input('indices');
    const { depth, onValue, offValue } = attributes as { depth: number; onValue: number; offValue: number };
    const dtype = (attributes['dtype'] as TensorType | undefined) ?? 'int32';
    const { graph } = backend;
    const inputs = [
      graph.addNode('Cast', [indices.name], { to: ONNX_TYPES.int64 }),
      graph.constant(ONNX_TYPES.int64, [], BigInt64Array.of(BigInt(depth))),
      graph.constant(ONNX_TYPES.float32, [2], Float32Array.of(offValue, onValue)),
    ];
    const shape = [...indices.shape, depth];
    if (dtype === 'float32') return backend.emit('OneHot', inputs, shape, dtype, { axis: -1 });
    const rows = graph.addNode('OneHot', inputs, { axis: -1 });
    return backend.emit('Cast', [rows], shape, dtype, { to: ONNX_TYPES[dtype] });
  },
  Range: ({ backend, attributes }) => {
    const { start, stop, step, dtype } = attributes as {
      start: number;
      stop: number;
      step: number;
      dtype: TensorType;
    };
    const count = Math.max(0, Math.ceil((stop - start) / step));
    const values = Array.from({ length: count }, (_, index) => start + index * step);
    const data = dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values);
    return backend.tensorOf(backend.graph.constant(ONNX_TYPES[dtype], [count], data), [count], dtype);
  },
};
