import type { CaptureBackend } from '../capture-backend.js';
import { axesOf, axisOf, type KernelCapture, type KernelTable } from '../kernel.js';
import { ONNX_TYPES } from '../onnx-graph.js';

/** Kernels that reduce over axes, and ONNX's operation for each. */
const REDUCTIONS = {
  Sum: 'ReduceSum',
  Mean: 'ReduceMean',
  Max: 'ReduceMax',
  Min: 'ReduceMin',
  Prod: 'ReduceProd',
} as const;

/** A shape without the reduced axes, or with length 1 there. */
export function reducedShape(shape: readonly number[], axes: readonly number[], keepDims: boolean): number[] {
  if (keepDims) return shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  return shape.filter((_, axis) => !axes.includes(axis));
}

function reduction(operator: string): KernelCapture {
  return ({ backend, input, attributes }) => {
    const x = input('x');
    const keepDims = attributes['keepDims'] === true;
    const axes = axesOf(attributes['axis'] ?? attributes['reductionIndices'], x.shape);
    const shape = reducedShape(x.shape, axes, keepDims);
    // Truth values count as integers.
    const dtype = x.dtype === 'bool' ? 'int32' : x.dtype;
    const name = backend.cast(x, dtype);
    // ONNX reads an empty list of axes as "all".
    if (axes.length === 0) return backend.tensorOf(name, shape, dtype);
    return backend.emit(operator, [name, backend.graph.integers(axes)], shape, dtype, {
      keepdims: keepDims ? 1 : 0,
    });
  };
}

/** Any and all: maximum and minimum of 0 and 1. */
function truth(operator: string): KernelCapture {
  return ({ backend, input, attributes }) => {
    const x = input('x');
    const keepDims = attributes['keepDims'] === true;
    const axes = axesOf(attributes['axis'], x.shape);
    const shape = reducedShape(x.shape, axes, keepDims);
    if (axes.length === 0) return backend.tensorOf(x.name, shape, 'bool');
    const inputs = [backend.cast(x, 'int32'), backend.graph.integers(axes)];
    const reduced = backend.graph.addNode(operator, inputs, { keepdims: keepDims ? 1 : 0 });
    return backend.emit('Cast', [reduced], shape, 'bool', { to: ONNX_TYPES.bool });
  };
}

function position(operator: string): KernelCapture {
  return ({ backend, input, attributes }) => {
    const x = input('x');
    const axis = axisOf(attributes['axis'], x.shape);
    const found = backend.graph.addNode(operator, [backend.cast(x, 'float32')], { axis, keepdims: 0 });
    return backend.emit('Cast', [found], reducedShape(x.shape, [axis], false), 'int32', {
      to: ONNX_TYPES.int32,
    });
  };
}

function softmax(operator: string, inputName: string, attribute: string): KernelCapture {
  return ({ backend, input, attributes }) => {
    const x = input(inputName);
    const axis = axisOf(attributes[attribute] ?? -1, x.shape);
    return backend.emit(operator, [x.name], x.shape, 'float32', { axis });
  };
}

function cumulative(
  backend: CaptureBackend,
  name: string,
  axis: number,
  exclusive: boolean,
  reverse: boolean,
): string {
  const { graph } = backend;
  const axisName = graph.constant(ONNX_TYPES.int64, [], BigInt64Array.of(BigInt(axis)));
  return graph.addNode('CumSum', [name, axisName], {
    exclusive: exclusive ? 1 : 0,
    reverse: reverse ? 1 : 0,
  });
}

/** Sums, means, extremes and their positions, softmax, running sums, the largest k. */
export const REDUCTION: KernelTable = {
  ...Object.fromEntries(
    Object.entries(REDUCTIONS).map(([kernel, operator]) => [kernel, reduction(operator)]),
  ),
  Any: truth('ReduceMax'),
  All: truth('ReduceMin'),
  ArgMax: position('ArgMax'),
  ArgMin: position('ArgMin'),
  Softmax: softmax('Softmax', 'logits', 'dim'),
  LogSoftmax: softmax('LogSoftmax', 'logits', 'axis'),
  Cumsum: ({ backend, input, attributes }) => {
    const x = input('x');
    const { exclusive, reverse } = attributes as { exclusive: boolean; reverse: boolean };
    const axis = axisOf(attributes['axis'], x.shape);
    return backend.tensorOf(cumulative(backend, x.name, axis, exclusive, reverse), x.shape, x.dtype);
  },
  TopK: ({ backend, input, attributes }) => {
    const x = input('x');
    const { k, sorted } = attributes as { k: number; sorted: boolean };
    const shape = [...x.shape.slice(0, -1), k];
    const inputs = [x.name, backend.graph.integers([k])];
    const [values, places] = backend.graph.addNodes('TopK', inputs, 2, { axis: -1, sorted: sorted ? 1 : 0 });
    return [
      backend.tensorOf(values as string, shape, x.dtype),
      backend.emit('Cast', [places as string], shape, 'int32', { to: ONNX_TYPES.int32 }),
    ];
  },
};
