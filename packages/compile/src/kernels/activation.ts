import type { KernelAttributes, KernelCapture, KernelTable } from '../kernel.js';
import type { TensorType } from '../tensors.js';
import { broadcastShape } from './binary.js';
import { onNumbers, onReals, unary } from './unary.js';

/** A bound in an element type: whole numbers are cut towards zero, as tfjs does, and kept within int32. */
function bound(value: number, dtype: TensorType): number {
  return dtype === 'float32' ? value : Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc(value)));
}

function clip(low: (attributes: KernelAttributes) => readonly [number, number]): KernelCapture {
  return ({ backend, input, attributes }) => {
    const x = input('x');
    // Truth values count as integers on the way.
    const dtype = x.dtype === 'bool' ? 'int32' : x.dtype;
    const bounds = low(attributes).map((value) => backend.graph.scalar(bound(value, dtype), dtype));
    const name = backend.graph.addNode('Clip', [backend.cast(x, dtype), ...bounds]);
    return backend.tensorOf(backend.cast({ name, shape: x.shape, dtype }, x.dtype), x.shape, x.dtype);
  };
}

/** Activations of networks and their slopes, element by element. */
export const ACTIVATION: KernelTable = {
  Sigmoid: onReals(unary('Sigmoid')),
  Softplus: onReals(unary('Softplus')),
  Relu: onNumbers((graph, x) => graph.addNode('Relu', [x.name])),
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
    const real = backend.cast(x, 'float32');
    const negative = graph.addNode('Less', [real, graph.scalar(0, 'float32')]);
    const scaled = graph.addNode('Mul', [real, backend.cast(alpha, 'float32')]);
    return backend.emit('Where', [negative, scaled, real], broadcastShape(x, alpha), 'float32');
  },
  // NaN stays NaN.
  Step: onReals((graph, name, { alpha }) => {
    const positive = graph.addNode('Greater', [name, graph.scalar(0, 'float32')]);
    const otherwise = graph.scalar((alpha as number | undefined) ?? 0, 'float32');
    const step = graph.addNode('Where', [positive, graph.scalar(1, 'float32'), otherwise]);
    return graph.addNode('Where', [graph.addNode('IsNaN', [name]), name, step]);
  }),
};
