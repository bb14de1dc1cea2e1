import * as tf from '@tensorflow/tfjs-core';
import type { GraphValue } from '../capture-backend.js';
import type { KernelCapture, KernelTable } from '../kernel.js';
import { ONNX_TYPES, type OnnxGraph } from '../onnx-graph.js';
import type { TensorType } from '../tensors.js';

/** Kernels of two inputs that are one ONNX operation, the result of the inputs' common type. */
const ARITHMETIC = {
  Add: 'Add',
  Sub: 'Sub',
  Multiply: 'Mul',
  Maximum: 'Max',
  Minimum: 'Min',
  Pow: 'Pow',
} as const;

/** Kernels of two inputs whose result is a truth value. */
const COMPARISON = {
  Equal: 'Equal',
  Greater: 'Greater',
  GreaterEqual: 'GreaterOrEqual',
  Less: 'Less',
  LessEqual: 'LessOrEqual',
} as const;

const LOGICAL = { LogicalAnd: 'And', LogicalOr: 'Or', LogicalXor: 'Xor' } as const;

/** Broadcast shape of two values. */
export function broadcastShape(a: GraphValue, b: GraphValue): number[] {
  return tf.backend_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]);
}

/** The type both are cast to before arithmetic; truth values count as integers. */
function commonType(a: GraphValue, b: GraphValue): TensorType {
  const type = a.dtype === b.dtype ? a.dtype : (tf.upcastType(a.dtype, b.dtype) as TensorType);
  return type === 'bool' ? 'int32' : type;
}

/** Operations whose result of two truth values is a truth value; sums and differences of them are counts. */
const CLOSED = new Set(['Mul', 'Max', 'Min', 'Pow']);

/** One ONNX operation over two values in their common type, with a result of that type or the given one. */
function binary(operator: string, result?: TensorType): KernelCapture {
  return ({ backend, input }) => {
    const [a, b] = [input('a'), input('b')];
    const type = commonType(a, b);
    const shape = broadcastShape(a, b);
    const name = backend.graph.addNode(operator, [backend.cast(a, type), backend.cast(b, type)]);
    if (result !== undefined || !CLOSED.has(operator) || a.dtype !== 'bool' || b.dtype !== 'bool')
      return backend.tensorOf(name, shape, result ?? type);
    return backend.tensorOf(backend.cast({ name, shape, dtype: type }, 'bool'), shape, 'bool');
  };
}

function logical(operator: string): KernelCapture {
  return ({ backend, input }) => {
    const [a, b] = [input('a'), input('b')];
    const inputs = [backend.cast(a, 'bool'), backend.cast(b, 'bool')];
    return backend.emit(operator, inputs, broadcastShape(a, b), 'bool');
  };
}

/**
 * The angle of the point (b, a), in all quadrants, as IEEE 754 has it: atan of the smaller by the larger
 * of the two lengths, mirrored at the diagonal, the vertical and the horizontal axis. A zero's sign
 * shows in its reciprocal.
 */
function angle(graph: OnnxGraph, a: string, b: string): string {
  const real = (value: number) => graph.scalar(value, 'float32');
  const isNegative = (name: string) => {
    const behindZero = graph.addNode('Less', [graph.addNode('Reciprocal', [name]), real(0)]);
    return graph.addNode('Or', [graph.addNode('Less', [name, real(0)]), behindZero]);
  };
  const [high, wide] = [graph.addNode('Abs', [a]), graph.addNode('Abs', [b])];
  const isSteep = graph.addNode('Greater', [high, wide]);
  const [short, long] = [
    graph.addNode('Where', [isSteep, wide, high]),
    graph.addNode('Where', [isSteep, high, wide]),
  ];
  // Where both are 0, or both infinite, the quotient is not a number.
  const isEven = graph.addNode('Equal', [short, long]);
  const isOrigin = graph.addNode('Equal', [long, real(0)]);
  const even = graph.addNode('Where', [isOrigin, real(0), real(1)]);
  const ratio = graph.addNode('Where', [isEven, even, graph.addNode('Div', [short, long])]);
  const flat = graph.addNode('Atan', [ratio]);
  const ahead = graph.addNode('Where', [isSteep, graph.addNode('Sub', [real(Math.PI / 2), flat]), flat]);
  const above = graph.addNode('Where', [isNegative(b), graph.addNode('Sub', [real(Math.PI), ahead]), ahead]);
  const signed = graph.addNode('Where', [isNegative(a), graph.addNode('Neg', [above]), above]);
  const isNothing = graph.addNode('Or', [graph.addNode('IsNaN', [a]), graph.addNode('IsNaN', [b])]);
  return graph.addNode('Where', [isNothing, real(Number.NaN), signed]);
}

/** Arithmetic, comparison and choice between tensors that broadcast. */
export const BINARY: KernelTable = {
  ...Object.fromEntries(Object.entries(ARITHMETIC).map(([kernel, operator]) => [kernel, binary(operator)])),
  ...Object.fromEntries(
    Object.entries(COMPARISON).map(([kernel, operator]) => [kernel, binary(operator, 'bool')]),
  ),
  ...Object.fromEntries(Object.entries(LOGICAL).map(([kernel, operator]) => [kernel, logical(operator)])),
  NotEqual: ({ backend, input }) => {
    const [a, b] = [input('a'), input('b')];
    const type = commonType(a, b);
    const equal = backend.graph.addNode('Equal', [backend.cast(a, type), backend.cast(b, type)]);
    return backend.emit('Not', [equal], broadcastShape(a, b), 'bool');
  },
  // In real numbers: a quotient of integers by zero would end the process.
  RealDiv: ({ backend, input }) => {
    const [a, b] = [input('a'), input('b')];
    const inputs = [backend.cast(a, 'float32'), backend.cast(b, 'float32')];
    return backend.emit('Div', inputs, broadcastShape(a, b), 'float32');
  },
  Atan2: ({ backend, input }) => {
    const [a, b] = [input('a'), input('b')];
    const type = commonType(a, b);
    const shape = broadcastShape(a, b);
    const name = angle(backend.graph, backend.cast(a, 'float32'), backend.cast(b, 'float32'));
    return backend.tensorOf(backend.cast({ name, shape, dtype: 'float32' }, type), shape, type);
  },
  // The rest of a by b with b's sign. In double precision, as tfjs: b added to a small negative
  // rest would be b in float32.
  Mod: ({ backend, input }) => {
    const { graph } = backend;
    const [a, b] = [input('a'), input('b')];
    const type = commonType(a, b);
    const shape = broadcastShape(a, b);
    const wide = ({ name }: GraphValue) => graph.addNode('Cast', [name], { to: ONNX_TYPES.float64 });
    const [x, y] = [wide(a), wide(b)];
    const rest = (name: string) => graph.addNode('Mod', [name, y], { fmod: 1 });
    const zero = graph.constant(ONNX_TYPES.float64, [], Float64Array.of(0));
    const isBelow = (name: string) => graph.addNode('Less', [name, zero]);
    const once = rest(x);
    const moved = rest(graph.addNode('Add', [once, y]));
    const differs = graph.addNode('Xor', [isBelow(x), isBelow(y)]);
    const result = graph.addNode('Where', [differs, moved, once]);
    return backend.emit('Cast', [result], shape, type, { to: ONNX_TYPES[type] });
  },
  BitwiseAnd: ({ backend, input }) => {
    const [a, b] = [input('a'), input('b')];
    return backend.emit('BitwiseAnd', [a.name, b.name], broadcastShape(a, b), 'int32');
  },
  // floor(a / b), also for negative numbers, where ONNX's integer division truncates, and by zero,
  // where it ends the process.
  // In double precision, which holds every int32.
  FloorDiv: ({ backend, input }) => {
    const { graph } = backend;
    const wide = (name: string) => graph.addNode('Cast', [name], { to: ONNX_TYPES.float64 });
    const [a, b] = [input('a'), input('b')];
    const whole = graph.addNode('Floor', [graph.addNode('Div', [wide(a.name), wide(b.name)])]);
    return backend.emit('Cast', [whole], broadcastShape(a, b), 'int32', { to: ONNX_TYPES.int32 });
  },
  SquaredDifference: ({ backend, input }) => {
    const [a, b] = [input('a'), input('b')];
    const type = commonType(a, b);
    const shape = broadcastShape(a, b);
    const difference = backend.graph.addNode('Sub', [backend.cast(a, type), backend.cast(b, type)]);
    const name = backend.graph.addNode('Mul', [difference, difference]);
    const result = a.dtype === 'bool' && b.dtype === 'bool' ? 'bool' : type;
    return backend.tensorOf(backend.cast({ name, shape, dtype: type }, result), shape, result);
  },
  AddN: ({ backend, inputs }) => {
    const values = inputs();
    const [first, ...others] = values as [GraphValue, ...GraphValue[]];
    const { graph } = backend;
    // onnxruntime's Sum of many is for real numbers.
    const name =
      first.dtype === 'float32'
        ? graph.addNode(
            'Sum',
            values.map((value) => value.name),
          )
        : others.reduce((sum, value) => graph.addNode('Add', [sum, value.name]), first.name);
    return backend.tensorOf(name, first.shape, first.dtype);
  },
  Select: ({ backend, input }) => {
    const [condition, then, otherwise] = [input('condition'), input('t'), input('e')];
    const type =
      then.dtype === otherwise.dtype
        ? then.dtype
        : (tf.upcastType(then.dtype, otherwise.dtype) as TensorType);
    // onnxruntime chooses between numbers only.
    const number = type === 'bool' ? 'int32' : type;
    const shape = then.shape;
    const name = backend.graph.addNode('Where', [
      backend.cast(condition, 'bool'),
      backend.cast(then, number),
      backend.cast(otherwise, number),
    ]);
    return backend.tensorOf(backend.cast({ name, shape, dtype: number }, type), shape, type);
  },
};
