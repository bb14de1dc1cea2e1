import * as tf from '@tensorflow/tfjs-core';
import type { CaptureBackend, GraphValue } from '../capture-backend.js';
import { axisOf, type KernelTable } from '../kernel.js';
import { sizeOf } from '../tensors.js';
import { filled } from './creation.js';
import { padded, reshapedTo, sliced, transposed } from './layout.js';
import { stridedPlan } from './strided-plan.js';

/**
 * The end of a slice that goes backwards to the first element: ONNX reads ends below -length
 * as "past the beginning".
 */
const BEFORE_FIRST = -(2 ** 31);

/** The same elements under another shape; no node where the shape is the same. */
export function reshaped(backend: CaptureBackend, x: GraphValue, shape: readonly number[]): tf.TensorInfo {
  return backend.tensorOf(reshapedTo(backend, x, shape).name, shape, x.dtype);
}

/** Joins values along an axis that they have; empty ones are left out. */
function concatenated(backend: CaptureBackend, values: readonly GraphValue[], axis: number): tf.TensorInfo {
  const shape = tf.backend_util.computeOutShape(
    values.map((value) => [...value.shape]),
    axis,
  );
  const { dtype } = values[0] as GraphValue;
  if (sizeOf(shape) === 0) return filled(backend, 0, shape, dtype);
  const full = values.filter((value) => sizeOf(value.shape) > 0);
  const [only] = full as [GraphValue];
  if (full.length === 1) return backend.tensorOf(backend.cast(only, dtype), shape, dtype);
  return backend.emit(
    'Concat',
    full.map((value) => backend.cast(value, dtype)),
    shape,
    dtype,
    { axis },
  );
}

/** Reshaping, joining, cutting, padding, repeating and reordering. */
export const SHAPE: KernelTable = {
  Reshape: ({ backend, input, attributes }) => {
    const x = input('x');
    return reshaped(
      backend,
      x,
      tf.util.inferFromImplicitShape(attributes['shape'] as number[], sizeOf(x.shape)),
    );
  },
  ExpandDims: ({ backend, input, attributes }) => {
    const x = input('input');
    const shape = [...x.shape];
    const dim = attributes['dim'] as number;
    shape.splice(dim < 0 ? x.shape.length + 1 + dim : dim, 0, 1);
    return reshaped(backend, x, shape);
  },
  Transpose: ({ backend, input, attributes }) => {
    const x = input('x');
    const perm = attributes['perm'] as number[];
    const { name, shape } = transposed(backend, x, perm);
    return backend.tensorOf(name, shape, x.dtype);
  },
  Concat: ({ backend, inputs, attributes }) => {
    const values = inputs();
    return concatenated(backend, values, axisOf(attributes['axis'], (values[0] as GraphValue).shape));
  },
  Pack: ({ backend, inputs, attributes }) => {
    const values = inputs();
    const one = [...(values[0] as GraphValue).shape];
    const asked = attributes['axis'] as number;
    const axis = asked < 0 ? asked + one.length + 1 : asked;
    one.splice(axis, 0, 1);
    return concatenated(
      backend,
      values.map((value) => reshapedTo(backend, value, one)),
      axis,
    );
  },
  Unpack: ({ backend, input, attributes }) => {
    const x = input('value');
    const axis = axisOf(attributes['axis'], x.shape);
    const count = x.shape[axis] as number;
    if (count === 0) return [];
    const sizes = backend.graph.integers(Array<number>(count).fill(1));
    const thin = x.shape.map((length, at) => (at === axis ? 1 : length));
    const rest = x.shape.filter((_, at) => at !== axis);
    return backend.graph
      .addNodes('Split', [x.name, sizes], count, { axis })
      .map((name) => reshaped(backend, { name, shape: thin, dtype: x.dtype }, rest));
  },
  SplitV: ({ backend, input, attributes }) => {
    const x = input('x');
    const axis = axisOf(attributes['axis'], x.shape);
    const asked = attributes['numOrSizeSplits'] as number | number[];
    const sizes = tf.backend_util.prepareSplitSize({ shape: [...x.shape] } as tf.Tensor, asked, axis);
    return backend.graph
      .addNodes('Split', [x.name, backend.graph.integers(sizes)], sizes.length, { axis })
      .map((name, part) => {
        const shape = x.shape.map((length, at) => (at === axis ? (sizes[part] as number) : length));
        return backend.tensorOf(name, shape, x.dtype);
      });
  },
  Slice: ({ backend, input, attributes }) => {
    const x = input('x');
    const asked = { shape: [...x.shape] } as tf.Tensor;
    const [begin, size] = tf.slice_util.parseSliceParams(
      asked,
      attributes['begin'] as number[],
      attributes['size'] as number[],
    ) as [number[], number[]];
    return backend.tensorOf(sliced(backend, x, begin, size).name, size, x.dtype);
  },
  StridedSlice: ({ backend, input, attributes }) => {
    const x = input('x');
    const plan = stridedPlan(x.shape, attributes);
    const { graph } = backend;
    if (sizeOf(plan.finalShape) === 0) return filled(backend, 0, plan.finalShape, x.dtype);
    // Before the first element, going backwards: -1 would be the last one.
    const end = plan.end.map((place, axis) =>
      place < 0 && (plan.strides[axis] as number) < 0 ? BEFORE_FIRST : place,
    );
    const places = [plan.begin, end, x.shape.map((_, axis) => axis), plan.strides];
    const name = graph.addNode('Slice', [x.name, ...places.map((place) => graph.integers(place))]);
    return reshaped(backend, { name, shape: plan.finalShapeSparse, dtype: x.dtype }, plan.finalShape);
  },
  PadV2: ({ backend, input, attributes }) => {
    const x = input('x');
    const paddings = attributes['paddings'] as [number, number][];
    const { name, shape } = padded(backend, x, paddings, attributes['constantValue'] as number);
    return backend.tensorOf(name, shape, x.dtype);
  },
  Tile: ({ backend, input, attributes }) => {
    const x = input('x');
    const reps = attributes['reps'] as number[];
    const shape = x.shape.map((length, axis) => length * (reps[axis] as number));
    return backend.emit('Tile', [x.name, backend.graph.integers(reps)], shape, x.dtype);
  },
  Reverse: ({ backend, input, attributes }) => {
    const x = input('x');
    const dims = tf.util.parseAxisParam(attributes['dims'] as number[], [...x.shape]);
    if (dims.length === 0) return backend.tensorOf(x.name, x.shape, x.dtype);
    const { graph } = backend;
    const list = (value: number) => graph.integers(dims.map(() => value));
    return backend.emit(
      'Slice',
      [x.name, list(-1), list(BEFORE_FIRST), graph.integers(dims), list(-1)],
      x.shape,
      x.dtype,
    );
  },
};
