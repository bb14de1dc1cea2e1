import type { CaptureBackend, GraphValue } from '../capture-backend.js';
import { axisOf, type KernelCall, type KernelTable } from '../kernel.js';
import { sizeOf } from '../tensors.js';
import { filled } from './creation.js';
import { reshapedTo } from './layout.js';

/**
 * n = bias + alpha sum of x^2 over the channels at most `depthRadius` away, and the same window's sum for
 * other values: a mean over a window along the last axis, times the window's length.
 */
function neighbours(backend: CaptureBackend, depthRadius: number) {
  const { graph } = backend;
  const length = 2 * depthRadius + 1;
  return (name: string, shape: readonly number[], factor: number): string => {
    const channels = shape.at(-1) as number;
    const rows = reshapedTo(backend, { name, shape, dtype: 'float32' }, [
      sizeOf(shape) / channels,
      1,
      channels,
    ]);
    const mean = graph.addNode('AveragePool', [rows.name], {
      kernel_shape: [length],
      pads: [depthRadius, depthRadius],
      count_include_pad: 1,
    });
    const back = reshapedTo(backend, { ...rows, name: mean }, shape);
    return graph.addNode('Mul', [back.name, graph.scalar(factor * length, 'float32')]);
  };
}

/** What both kernels of the local response normalisation begin with. */
function localResponse({ backend, attributes }: KernelCall, x: GraphValue) {
  const { depthRadius, bias, alpha, beta } = attributes as Readonly<Record<string, number>>;
  const { graph } = backend;
  const real = (value: number) => graph.scalar(value, 'float32');
  const sumOver = neighbours(backend, depthRadius as number);
  const squares = graph.addNode('Mul', [x.name, x.name]);
  const norm = graph.addNode('Add', [sumOver(squares, x.shape, alpha as number), real(bias as number)]);
  const scale = graph.addNode('Pow', [norm, real(-(beta as number))]);
  return { sumOver, norm, scale, alpha: alpha as number, beta: beta as number };
}

/** Batch and local response normalisation, and the logarithm of softmax. */
export const NORMALISATION: KernelTable = {
  // (x - mean) scale / sqrt(variance + epsilon) + offset: the factor is small, the difference keeps digits
  // that x factor would lose.
  FusedBatchNorm: ({ backend, input, has, attributes }) => {
    const [x, mean, variance] = [input('x'), input('mean'), input('variance')];
    const { graph } = backend;
    const epsilon = graph.scalar((attributes['varianceEpsilon'] as number | undefined) ?? 0.001, 'float32');
    const deviation = graph.addNode('Sqrt', [graph.addNode('Add', [variance.name, epsilon])]);
    const unit = has('scale') ? input('scale').name : graph.scalar(1, 'float32');
    const factor = graph.addNode('Div', [unit, deviation]);
    const scaled = graph.addNode('Mul', [graph.addNode('Sub', [x.name, mean.name]), factor]);
    const name = has('offset') ? graph.addNode('Add', [scaled, input('offset').name]) : scaled;
    return backend.tensorOf(name, x.shape, 'float32');
  },
  // y = x n^-beta
  LRN: (call) => {
    const { backend } = call;
    const x = call.input('x');
    if (sizeOf(x.shape) === 0) return filled(backend, 0, x.shape, 'float32');
    const { scale } = localResponse(call, x);
    return backend.emit('Mul', [x.name, scale], x.shape, 'float32');
  },
  // dx = dy n^-beta - 2 alpha beta x sum(dy y / n)
  LRNGrad: (call) => {
    const { backend } = call;
    const [x, y, dy] = [call.input('x'), call.input('y'), call.input('dy')];
    if (sizeOf(x.shape) === 0) return filled(backend, 0, x.shape, 'float32');
    const { graph } = backend;
    const { sumOver, norm, scale, alpha, beta } = localResponse(call, x);
    const share = graph.addNode('Div', [graph.addNode('Mul', [dy.name, y.name]), norm]);
    const shared = graph.addNode('Mul', [x.name, sumOver(share, x.shape, 2 * alpha * beta)]);
    return backend.emit('Sub', [graph.addNode('Mul', [dy.name, scale]), shared], x.shape, 'float32');
  },
  LogSoftmax: ({ backend, input, attributes }) => {
    const logits = input('logits');
    const axis = axisOf(attributes['axis'] ?? -1, logits.shape);
    return backend.emit('LogSoftmax', [backend.cast(logits, 'float32')], logits.shape, 'float32', { axis });
  },
};
