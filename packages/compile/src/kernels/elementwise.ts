import * as tf from '@tensorflow/tfjs-core';
import type { CaptureBackend, GraphValue } from '../capture-backend.js';
import type { KernelAttributes, KernelCapture, KernelTable } from '../kernel.js';
import { ONNX_TYPES, type OnnxGraph } from '../onnx-graph.js';
import type { TensorType } from '../tensors.js';

/** Kernels of one input that are one ONNX operation on real numbers. */
const UNARY = {
  Acos: 'Acos',
  Acosh: 'Acosh',
  Asin: 'Asin',
  Asinh: 'Asinh',
  Atan: 'Atan',
  Atanh: 'Atanh',
  Ceil: 'Ceil',
  Cos: 'Cos',
  Cosh: 'Cosh',
  Erf: 'Erf',
  Exp: 'Exp',
  Floor: 'Floor',
  Log: 'Log',
  Reciprocal: 'Reciprocal',
  Round: 'Round',
  Sigmoid: 'Sigmoid',
  Sin: 'Sin',
  Sinh: 'Sinh',
  Softplus: 'Softplus',
  Sqrt: 'Sqrt',
  Tan: 'Tan',
  Tanh: 'Tanh',
} as const;

/** Kernels of one input that are one ONNX operation on numbers of every type. */
const UNARY_ANY = { Abs: 'Abs', Neg: 'Neg', Relu: 'Relu' } as const;

/** Kernels of two inputs that are one ONNX operation, the result of the inputs' common type. */
const BINARY = {
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

const LOGICAL = { LogicalAnd: 'And', LogicalOr: 'Or' } as const;

/** Appends nodes for a value of the given name and returns the name of their result. */
type Nodes = (graph: OnnxGraph, name: string, attributes: KernelAttributes) => string;

/**
 * Nodes that exist for real numbers only: other types are cast there and, as tfjs has it, back again, unless the result is `real`
 * for every type.
 */
function onReals(nodes: Nodes, result: 'same' | 'real' = 'same'): KernelCapture {
  return ({ backend, input, attributes }) => {
    const x = input('x');
    const name = nodes(backend.graph, backend.cast(x, 'float32'), attributes);
    const value: GraphValue = { name, shape: x.shape, dtype: 'float32' };
    const dtype = result === 'real' ? 'float32' : x.dtype;
    return backend.tensorOf(backend.cast(value, dtype), x.shape, dtype);
  };
}

function unary(operator: string): Nodes {
  return (graph, name) => graph.addNode(operator, [name]);
}

/** Nodes that exist for all numbers; truth values count as integers on the way. */
function onNumbers(nodes: (graph: OnnxGraph, x: GraphValue) => string): KernelCapture {
  return ({ backend, input }) => {
    const x = input('x');
    const dtype = x.dtype === 'bool' ? 'int32' : x.dtype;
    const name = nodes(backend.graph, { name: backend.cast(x, dtype), shape: x.shape, dtype });
    return backend.tensorOf(backend.cast({ name, shape: x.shape, dtype }, x.dtype), x.shape, x.dtype);
  };
}

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

/** x * 0 + value with x's shape, as a broadcast of one stored number. */
export function filled(
  backend: CaptureBackend,
  value: number,
  shape: readonly number[],
  dtype: TensorType,
): tf.TensorInfo {
  const { graph } = backend;
  return backend.emit('Expand', [graph.scalar(value, dtype), graph.integers(shape)], shape, dtype);
}

/** Nodes for x where it is small, for another expression elsewhere: what cancels near 0 is written there without the difference. */
function nearZero(graph: OnnxGraph, x: string, near: string, far: string): string {
  const small = graph.addNode('Less', [graph.addNode('Abs', [x]), graph.scalar(0.5, 'float32')]);
  return graph.addNode('Where', [small, near, far]);
}

/** e^x - 1; near 0 as 2 t / (1 - t) with t = tanh(x / 2), which keeps all digits. */
const expm1: Nodes = (graph, x) => {
  const [one, two] = [graph.scalar(1, 'float32'), graph.scalar(2, 'float32')];
  const t = graph.addNode('Tanh', [graph.addNode('Div', [x, two])]);
  const near = graph.addNode('Div', [graph.addNode('Mul', [two, t]), graph.addNode('Sub', [one, t])]);
  return nearZero(graph, x, near, graph.addNode('Sub', [graph.addNode('Exp', [x]), one]));
};

/** log(1 + x); near 0 as 2 atanh(x / (2 + x)), which keeps all digits. */
const log1p: Nodes = (graph, x) => {
  const [one, two] = [graph.scalar(1, 'float32'), graph.scalar(2, 'float32')];
  const ratio = graph.addNode('Div', [x, graph.addNode('Add', [two, x])]);
  const near = graph.addNode('Mul', [two, graph.addNode('Atanh', [ratio])]);
  return nearZero(graph, x, near, graph.addNode('Log', [graph.addNode('Add', [one, x])]));
};

/** A bound in an element type: whole numbers are cut towards zero, as tfjs does, and kept within int32. */
function bound(value: number, dtype: TensorType): number {
  return dtype === 'float32' ? value : Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc(value)));
}

function clip(low: (attributes: KernelAttributes) => readonly [number, number]): KernelCapture {
  return ({ backend, input, attributes }) => {
    const x = input('x');
    const bounds = low(attributes).map((value) => backend.graph.scalar(bound(value, x.dtype), x.dtype));
    return backend.emit('Clip', [x.name, ...bounds], x.shape, x.dtype);
  };
}

/** A test of real numbers, with a constant answer for whole ones. */
function classified(nodes: (graph: OnnxGraph, x: string) => string): KernelCapture {
  return ({ backend, input }) => {
    const x = input('x');
    return backend.tensorOf(nodes(backend.graph, backend.cast(x, 'float32')), x.shape, 'bool');
  };
}

/** Arithmetic, comparison, logic and activations, element by element. */
export const ELEMENTWISE: KernelTable = {
  ...Object.fromEntries(
    Object.entries(UNARY).map(([kernel, operator]) => [
      kernel,
      onReals(unary(operator), kernel === 'Exp' ? 'real' : 'same'),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(UNARY_ANY).map(([kernel, operator]) => [
      kernel,
      onNumbers((graph, x) => graph.addNode(operator, [x.name])),
    ]),
  ),
  ...Object.fromEntries(Object.entries(BINARY).map(([kernel, operator]) => [kernel, binary(operator)])),
  ...Object.fromEntries(
    Object.entries(COMPARISON).map(([kernel, operator]) => [kernel, binary(operator, 'bool')]),
  ),
  ...Object.fromEntries(Object.entries(LOGICAL).map(([kernel, operator]) => [kernel, logical(operator)])),
  // NaN has sign 0 in tfjs.
  Sign: onNumbers((graph, { name, dtype }) => {
    const sign = graph.addNode('Sign', [name]);
    if (dtype !== 'float32') return sign;
    return graph.addNode('Where', [graph.addNode('IsNaN', [name]), graph.scalar(0, dtype), sign]);
  }),
  NotEqual: ({ backend, input }) => {
    const [a, b] = [input('a'), input('b')];
    const type = commonType(a, b);
    const equal = backend.graph.addNode('Equal', [backend.cast(a, type), backend.cast(b, type)]);
    return backend.emit('Not', [equal], broadcastShape(a, b), 'bool');
  },
  LogicalNot: ({ backend, input }) => {
    const x = input('x');
    return backend.emit('Not', [backend.cast(x, 'bool')], x.shape, 'bool');
  },
  // In real numbers: a quotient of integers by zero would end the process.
  RealDiv: ({ backend, input }) => {
    const [a, b] = [input('a'), input('b')];
    const inputs = [backend.cast(a, 'float32'), backend.cast(b, 'float32')];
    return backend.emit('Div', inputs, broadcastShape(a, b), 'float32');
  },
  // floor(a / b), also for negative numbers, where ONNX's integer division truncates, and by zero, where it ends the process.
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
  Square: onNumbers((graph, { name }) => graph.addNode('Mul', [name, name])),
  Rsqrt: onReals((graph, name) => graph.addNode('Reciprocal', [graph.addNode('Sqrt', [name])])),
  Expm1: onReals(expm1),
  Log1p: onReals(log1p),
  Elu: onReals(unary('Elu')),
  // With y = elu(x): the slope is 1 above 0, else e^x = y + 1.
  EluGrad: ({ backend, input }) => {
    const [dy, y] = [input('dy'), input('y')];
    const { graph } = backend;
    const positive = graph.addNode('GreaterOrEqual', [y.name, graph.scalar(0, 'float32')]);
    const below = graph.addNode('Mul', [dy.name, graph.addNode('Add', [y.name, graph.scalar(1, 'float32')])]);
    return backend.emit('Where', [positive, dy.name, below], y.shape, 'float32');
  },
  Selu: onReals(unary('Selu')),
  Relu6: clip(() => [0, 6]),
  ClipByValue: clip(({ clipValueMin, clipValueMax }) => [clipValueMin as number, clipValueMax as number]),
  LeakyRelu: onReals(
    (graph, name, { alpha }) => graph.addNode('LeakyRelu', [name], { alpha: { float: alpha as number } }),
    'real',
  ),
  // Not ONNX's PRelu, whose slope can't be of a larger shape than x.
  Prelu: ({ backend, input }) => {
    const [x, alpha] = [input('x'), input('alpha')];
    const { graph } = backend;
    const negative = graph.addNode('Less', [x.name, graph.scalar(0, 'float32')]);
    const scaled = graph.addNode('Mul', [x.name, backend.cast(alpha, 'float32')]);
    return backend.emit('Where', [negative, scaled, x.name], broadcastShape(x, alpha), 'float32');
  },
  // NaN stays NaN.
  Step: onReals((graph, name, { alpha }) => {
    const positive = graph.addNode('Greater', [name, graph.scalar(0, 'float32')]);
    const otherwise = graph.scalar((alpha as number | undefined) ?? 0, 'float32');
    const step = graph.addNode('Where', [positive, graph.scalar(1, 'float32'), otherwise]);
    return graph.addNode('Where', [graph.addNode('IsNaN', [name]), name, step]);
  }),
  IsNan: classified((graph, x) => graph.addNode('IsNaN', [x])),
  IsInf: classified((graph, x) => graph.addNode('IsInf', [x])),
  IsFinite: classified((graph, x) => {
    const odd = graph.addNode('Or', [graph.addNode('IsNaN', [x]), graph.addNode('IsInf', [x])]);
    return graph.addNode('Not', [odd]);
  }),
  Cast: ({ backend, input, attributes }) => {
    const x = input('x');
    const dtype = attributes['dtype'] as TensorType;
    // Towards zero, as tfjs; so does ONNX.
    return backend.tensorOf(backend.cast(x, dtype), x.shape, dtype);
  },
  Identity: ({ backend, input }) => {
    const x = input('x');
    return backend.tensorOf(x.name, x.shape, x.dtype);
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
  Fill: ({ backend, attributes }) =>
    filled(
      backend,
      attributes['value'] as number,
      attributes['shape'] as number[],
      (attributes['dtype'] as TensorType | undefined) ?? 'float32',
    ),
  ZerosLike: ({ backend, input }) => {
    const x = input('x');
    return filled(backend, 0, x.shape, x.dtype);
  },
  OnesLike: ({ backend, input }) => {
    const x = input('x');
    return filled(backend, 1, x.shape, x.dtype);
  },
};
