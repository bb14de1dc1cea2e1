import type { GraphValue } from '../capture-backend.js';
import type { KernelAttributes, KernelCapture, KernelTable } from '../kernel.js';
import type { OnnxGraph } from '../onnx-graph.js';
import type { TensorType } from '../tensors.js';

/** Kernels of one input that are one ONNX operation on real numbers. */
const REAL = {
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
  Sin: 'Sin',
  Sinh: 'Sinh',
  Sqrt: 'Sqrt',
  Tan: 'Tan',
  Tanh: 'Tanh',
} as const;

/** Kernels of one input that are one ONNX operation on numbers of every type. */
const NUMBER = { Abs: 'Abs', Neg: 'Neg' } as const;

/** Appends nodes for a value of the given name and returns the name of their result. */
export type Nodes = (graph: OnnxGraph, name: string, attributes: KernelAttributes) => string;

/**
 * Nodes that exist for real numbers only: other types are cast there and, as tfjs has it, back again, unless
 * the result is `real` for every type.
 */
export function onReals(nodes: Nodes, result: 'same' | 'real' = 'same'): KernelCapture {
  return ({ backend, input, attributes }) => {
    const x = input('x');
    const name = nodes(backend.graph, backend.cast(x, 'float32'), attributes);
    const value: GraphValue = { name, shape: x.shape, dtype: 'float32' };
    const dtype = result === 'real' ? 'float32' : x.dtype;
    return backend.tensorOf(backend.cast(value, dtype), x.shape, dtype);
  };
}

/** One ONNX operation of one input. */
export function unary(operator: string): Nodes {
  return (graph, name) => graph.addNode(operator, [name]);
}

/** Nodes that exist for all numbers; truth values count as integers on the way. */
export function onNumbers(nodes: (graph: OnnxGraph, x: GraphValue) => string): KernelCapture {
  return ({ backend, input }) => {
    const x = input('x');
    const dtype = x.dtype === 'bool' ? 'int32' : x.dtype;
    const name = nodes(backend.graph, { name: backend.cast(x, dtype), shape: x.shape, dtype });
    return backend.tensorOf(backend.cast({ name, shape: x.shape, dtype }, x.dtype), x.shape, x.dtype);
  };
}

/**
 * Nodes for x where it is small, for another expression elsewhere: what cancels near 0 is written
 * there without the difference.
 */
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

/** A test of real numbers, with a constant answer for whole ones. */
function classified(nodes: (graph: OnnxGraph, x: string) => string): KernelCapture {
  return ({ backend, input }) => {
    const x = input('x');
    return backend.tensorOf(nodes(backend.graph, backend.cast(x, 'float32')), x.shape, 'bool');
  };
}

/** Functions, tests and casts of one tensor, element by element. */
export const UNARY: KernelTable = {
  ...Object.fromEntries(
    Object.entries(REAL).map(([kernel, operator]) => [
      kernel,
      onReals(unary(operator), kernel === 'Exp' ? 'real' : 'same'),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(NUMBER).map(([kernel, operator]) => [
      kernel,
      onNumbers((graph, x) => graph.addNode(operator, [x.name])),
    ]),
  ),
  // NaN has sign 0 in tfjs.
  Sign: onNumbers((graph, { name, dtype }) => {
    const sign = graph.addNode('Sign', [name]);
    if (dtype !== 'float32') return sign;
    return graph.addNode('Where', [graph.addNode('IsNaN', [name]), graph.scalar(0, dtype), sign]);
  }),
  Square: onNumbers((graph, { name }) => graph.addNode('Mul', [name, name])),
  Rsqrt: onReals((graph, name) => graph.addNode('Reciprocal', [graph.addNode('Sqrt', [name])])),
  Expm1: onReals(expm1),
  Log1p: onReals(log1p),
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
  LogicalNot: ({ backend, input }) => {
    const x = input('x');
    return backend.emit('Not', [backend.cast(x, 'bool')], x.shape, 'bool');
  },
};
