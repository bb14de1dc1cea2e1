import { axesOf, axisOf, type KernelCapture, type KernelTable } from '../kernel.js';
import { ONNX_TYPES } from '../onnx-graph.js';
import { filled } from './creation.js';

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

/** Truth values count as integers; the extremes of truth values are truth values, and a mean is a real number. */
function reduction(operator: string): KernelCapture {
  return ({ backend, input, attributes }) => {
    const x = input('x');
    const keepDims = attributes['keepDims'] === true;
    const axes = axesOf(attributes['axis'] ?? attributes['reductionIndices'], x.shape);
    const shape = reducedShape(x.shape, axes, keepDims);
    const number = operator === 'ReduceMean' ? 'float32' : x.dtype === 'bool' ? 'int32' : x.dtype;
    const dtype = operator === 'ReduceMax' || operator === 'ReduceMin' ? x.dtype : number;
    const value = { name: backend.cast(x, number), shape, dtype: number };
    // ONNX reads an empty list of axes as "all".
    const name =
      axes.length === 0
        ? value.name
        : backend.graph.addNode(operator, [value.name, backend.graph.integers(axes)], {
            keepdims: keepDims ? 1 : 0,
          });
    return backend.tensorOf(backend.cast({ ...value, name }, dtype), shape, dtype);
  };
}

/** Whether any is true: their number is not 0. All are true where none of the opposites is. */
function truth(opposite: boolean): KernelCapture {
  return ({ backend, input, attributes }) => {
    const x = input('x');
    const { graph } = backend;
    const keepDims = attributes['keepDims'] === true;
    const axes = axesOf(attributes['axis'], x.shape);
    const shape = reducedShape(x.shape, axes, keepDims);
    if (axes.length === 0) return backend.tensorOf(backend.cast(x, 'bool'), shape, 'bool');
    const either = (name: string) => (opposite ? graph.addNode('Not', [name]) : name);
    const counted = graph.addNode('Cast', [either(backend.cast(x, 'bool'))], { to: ONNX_TYPES.int32 });
    const count = graph.addNode('ReduceSum', [counted, graph.integers(axes)], { keepdims: keepDims ? 1 : 0 });
    const found = graph.addNode('Cast', [count], { to: ONNX_TYPES.bool });
    return backend.tensorOf(either(found), shape, 'bool');
  };
}

function position(operator: string): KernelCapture {
  return ({ backend, input, attributes }) => {
    const x = input('x');
    const axis = axisOf(attributes['axis'], x.shape);
    const shape = reducedShape(x.shape, [axis], false);
    // As tfjs; onnxruntime refuses to look for the largest of nothing.
    if (x.shape[axis] === 0) return filled(backend, 0, shape, 'int32');
    const number = backend.cast(x, x.dtype === 'bool' ? 'int32' : x.dtype);
    const found = backend.graph.addNode(operator, [number], { axis, keepdims: 0 });
    return backend.emit('Cast', [found], shape, 'int32', { to: ONNX_TYPES.int32 });
  };
}

/** Sums, means, extremes and their positions, softmax, running sums, the largest k. */
export const REDUCTION: KernelTable = {
  ...Object.fromEntries(
    Object.entries(REDUCTIONS).map(([kernel, operator]) => [kernel, reduction(operator)]),
  ),
  Any: truth(false),
  All: truth(true),
  ArgMax: position('ArgMax'),
  ArgMin: position('ArgMin'),
  Softmax: ({ backend, input, attributes }) => {
    const logits = input('logits');
    const axis = axisOf(attributes['dim'] ?? -1, logits.shape);
    return backend.emit('Softmax', [backend.cast(logits, 'float32')], logits.shape, 'float32', { axis });
  },
  Cumsum: ({ backend, input, attributes }) => {
    const x = input('x');
    const axis = BigInt(axisOf(attributes['axis'], x.shape));
    const axisName = backend.graph.constant(ONNX_TYPES.int64, [], BigInt64Array.of(axis));
    const dtype = x.dtype === 'bool' ? 'int32' : x.dtype;
    return backend.emit('CumSum', [backend.cast(x, dtype), axisName], x.shape, dtype, {
      exclusive: attributes['exclusive'] === true ? 1 : 0,
      reverse: attributes['reverse'] === true ? 1 : 0,
    });
  },
  // ONNX has no running product: each element is the product of a row in which a triangle is masked to 1.
  // Quadratic in the axis; tfjs needs it for the gradient of a product, whose axes are short.
  Cumprod: ({ backend, input, attributes }) => {
    const x = input('x');
    const axis = axisOf(attributes['axis'], x.shape);
    const length = x.shape[axis] as number;
    const { exclusive, reverse } = attributes as { exclusive?: boolean; reverse?: boolean };
    const dtype = x.dtype === 'bool' ? 'int32' : x.dtype;
    const { graph } = backend;
    // Along a new last axis the factors, along the old one the results.
    const rows = graph.addNode('Unsqueeze', [backend.cast(x, dtype), graph.integers([axis])]);
    const counts = Array.from({ length: length * length }, (_, place) => {
      const [result, factor] = [Math.floor(place / length), place % length];
      const distance = reverse === true ? factor - result : result - factor;
      return distance > 0 || (distance === 0 && exclusive !== true) ? 1 : 0;
    });
    const behind = x.shape.slice(axis + 1).map(() => 1);
    const mask = graph.constant(ONNX_TYPES.bool, [length, length, ...behind], Uint8Array.from(counts));
    const factors = graph.addNode('Where', [mask, rows, graph.scalar(1, dtype)]);
    return backend.emit('ReduceProd', [factors, graph.integers([axis + 1])], x.shape, dtype, { keepdims: 0 });
  },
  TopK: ({ backend, input, attributes }) => {
    const x = input('x');
    const { k, sorted } = attributes as { k: number; sorted: boolean };
    const shape = [...x.shape.slice(0, -1), k];
    const dtype = x.dtype === 'bool' ? 'int32' : x.dtype;
    const inputs = [backend.cast(x, dtype), backend.graph.integers([k])];
    const [name = '', places] = backend.graph.addNodes('TopK', inputs, 2, {
      axis: -1,
      sorted: sorted ? 1 : 0,
    });
    return [
      backend.tensorOf(backend.cast({ name, shape, dtype }, x.dtype), shape, x.dtype),
      backend.emit('Cast', [places as string], shape, 'int32', { to: ONNX_TYPES.int32 }),
    ];
  },
};
