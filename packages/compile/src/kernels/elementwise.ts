import * as tf from '@tensorflow/tfjs-core';
import type { CaptureBackend, GraphValue } from '../capture-backend.js';
import type { KernelCapture, KernelTable } from '../kernel.js';
import { ONNX_TYPES } from '../onnx-graph.js';
import type { TensorType } from '../tensors.js';

/** Kernels of one input that are one ONNX operation of the same type. */
const UNARY = {
  Abs: 'Abs',
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
  Neg: 'Neg',
  Reciprocal: 'Reciprocal',
  Relu: 'Relu',
  Round: 'Round',
  Sigmoid: 'Sigmoid',
  Sign: 'Sign',
  Sin: 'Sin',
  Sinh: 'Sinh',
  Softplus: 'Softplus',
  Sqrt: 'Sqrt',
  Tan: 'Tan',
  Tanh: 'Tanh',
} as const;

/** Kernels of two inputs that are one ONNX operation, the result of the inputs' common type. */
const BINARY = {
  Add: 'Add',
  Sub: 'Sub',
  Multiply: 'Mul',
  RealDiv: 'Div',
  Maximum: 'Max',
  Minimum: 'Min',
  Pow: 'Pow',
  Prelu: 'PRelu',
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

function unary(operator: string): KernelCapture {
  return ({ backend, input }) => {
    const x = input('x');
    return backend.emit(operator, [x.name], x.shape, x.dtype);
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

/** One ONNX operation over two values in their common type, with a result of that type or the given one. */
function binary(operator: string, result?: TensorType): KernelCapture {
  return ({ backend, input }) => {
    const [a, b] = [input('a'), input('b')];
    const type = commonType(a, b);
    return backend.emit(
      operator,
      [backend.cast(a, type), backend.cast(b, type)],
      broadcastShape(a, b),
      result ?? type,
    );
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

/** Arithmetic, comparison, logic and activations, element by element. */
export const ELEMENTWISE: KernelTable = {
  ...Object.fromEntries(Object.entries(UNARY).map(([kernel, operator]) => [kernel, unary(operator)])),
  ...Object.fromEntries(Object.entries(BINARY).map(([kernel, operator]) => [kernel, binary(operator)])),
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
  LogicalNot: ({ backend, input }) => {
    const x = input('x');
    return backend.emit('Not', [backend.cast(x, 'bool')], x.shape, 'bool');
  },
  // floor(a / b), also for negative numbers, where ONNX's integer division truncates.
  FloorDiv: ({ backend, input }) => {
    const [a, b] = [input('a'), input('b')];
    const quotient = backend.graph.addNode('Div', [backend.cast(a, 'float32'), backend.cast(b, 'float32')]);
    const whole = backend.graph.addNode('Floor', [quotient]);
    return backend.emit('Cast', [whole], broadcastShape(a, b), 'int32', { to: ONNX_TYPES.int32 });
  },
  SquaredDifference: ({ backend, input }) => {
    const [a, b] = [input('a'), input('b')];
    const type = commonType(a, b);
    const difference = backend.graph.addNode('Sub', [backend.cast(a, type), backend.cast(b, type)]);
    return backend.emit('Mul', [difference, difference], broadcastShape(a, b), type);
  },
  Square: ({ backend, input }) => {
    const x = input('x');
    return backend.emit('Mul', [x.name, x.name], x.shape, x.dtype);
  },
  Rsqrt: ({ backend, input }) => {
    const x = input('x');
    return backend.emit('Reciprocal', [backend.graph.addNode('Sqrt', [x.name])], x.shape, x.dtype);
  },
  Expm1: ({ backend, input }) => {
    const x = input('x');
    return backend.emit(
      'Sub',
      [backend.graph.addNode('Exp', [x.name]), backend.graph.scalar(1, 'float32')],
      x.shape,
      'float32',
    );
  },
  Log1p: ({ backend, input }) => {
    const x = input('x');
    return backend.emit(
      'Log',
      [backend.graph.addNode('Add', [x.name, backend.graph.scalar(1, 'float32')])],
      x.shape,
      'float32',
    );
  },
  Elu: unary('Elu'),
  Selu: unary('Selu'),
  Relu6: ({ backend, input }) => {
    const x = input('x');
    const { graph } = backend;
    return backend.emit(
      'Clip',
      [x.name, graph.scalar(0, x.dtype), graph.scalar(6, x.dtype)],
      x.shape,
      x.dtype,
    );
  },
  LeakyRelu: ({ backend, input, attributes }) => {
    const x = input('x');
    return backend.emit('LeakyRelu', [x.name], x.shape, x.dtype, {
      alpha: { float: attributes['alpha'] as number },
    });
  },
  Step: ({ backend, input, attributes }) => {
    const x = input('x');
    const { graph } = backend;
    const positive = graph.addNode('Greater', [x.name, graph.scalar(0, x.dtype)]);
    const otherwise = graph.scalar((attributes['alpha'] as number | undefined) ?? 0, x.dtype);
    return backend.emit('Where', [positive, graph.scalar(1, x.dtype), otherwise], x.shape, x.dtype);
  },
  ClipByValue: ({ backend, input, attributes }) => {
    const x = input('x');
    const { graph } = backend;
    const low = graph.scalar(attributes['clipValueMin'] as number, x.dtype);
    const high = graph.scalar(attributes['clipValueMax'] as number, x.dtype);
    return backend.emit('Clip', [x.name, low, high], x.shape, x.dtype);
  },
  IsNan: ({ backend, input }) => {
    const x = input('x');
    return backend.emit('IsNaN', [x.name], x.shape, 'bool');
  },
  IsInf: ({ backend, input }) => {
    const x = input('x');
    return backend.emit('IsInf', [x.name], x.shape, 'bool');
  },
  IsFinite: ({ backend, input }) => {
    const x = input('x');
    const { graph } = backend;
    const odd = graph.addNode('Or', [graph.addNode('IsNaN', [x.name]), graph.addNode('IsInf', [x.name])]);
    return backend.emit('Not', [odd], x.shape, 'bool');
  },
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
    const [first] = values as [GraphValue];
    return backend.emit(
      'Sum',
      values.map((value) => value.name),
      first.shape,
      first.dtype,
    );
  },
  Select: ({ backend, input }) => {
    const [condition, then, otherwise] = [input('condition'), input('t'), input('e')];
    const type =
      then.dtype === otherwise.dtype
        ? then.dtype
        : (tf.upcastType(then.dtype, otherwise.dtype) as TensorType);
    let chosen = backend.cast(condition, 'bool');
    const missing = then.shape.length - condition.shape.length;
    if (missing > 0 && condition.shape.length > 0) {
      const shape = [...condition.shape, ...Array<number>(missing).fill(1)];
      chosen = backend.graph.addNode('Reshape', [chosen, backend.graph.integers(shape)]);
    }
    return backend.emit(
      'Where',
      [chosen, backend.cast(then, type), backend.cast(otherwise, type)],
      then.shape,
      type,
    );
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
