import type { KernelCall, KernelCapture, KernelTable } from '../kernel.js';
import { ONNX_TYPES } from '../onnx-graph.js';
import { sizeOf } from '../tensors.js';
import { filled, filling } from './creation.js';
import { reshapedTo } from './layout.js';

/**
 * How often each of 0 .. size - 1 occurs in each row of x, or the sum of the weights there; negative numbers
 * and those past the end count nowhere. What is counted nowhere is added to the first count as 0.
 */
function counted({ backend, input, attributes }: KernelCall) {
  const [x, weights] = [input('x'), input('weights')];
  const size = attributes['size'] as number;
  const shape = [...x.shape.slice(0, -1), size];
  const { dtype } = weights;
  if (sizeOf(shape) === 0 || sizeOf(x.shape) === 0) return filled(backend, 0, shape, dtype);
  const { graph } = backend;
  const isKnown = graph.addNode('And', [
    graph.addNode('GreaterOrEqual', [x.name, graph.scalar(0, 'int32')]),
    graph.addNode('Less', [x.name, graph.scalar(size, 'int32')]),
  ]);
  const kept = graph.addNode('Where', [isKnown, x.name, graph.scalar(0, 'int32')]);
  const places = graph.addNode('Cast', [kept], { to: ONNX_TYPES.int64 });
  const number = dtype === 'bool' ? 'int32' : dtype;
  const isBinary = attributes['binaryOutput'] === true && x.shape.length === 2;
  const isWeighted = sizeOf(weights.shape) > 0 && !isBinary;
  const added = graph.addNode('Where', [
    isKnown,
    isWeighted
      ? reshapedTo(backend, { ...weights, name: backend.cast(weights, number) }, x.shape).name
      : graph.scalar(1, number),
    graph.scalar(0, number),
  ]);
  const zeros = filling(backend, 0, shape, number).name;
  const sums = graph.addNode('ScatterElements', [zeros, places, added], {
    axis: x.shape.length - 1,
    reduction: isBinary ? 'max' : 'add',
  });
  return backend.tensorOf(backend.cast({ name: sums, shape, dtype: number }, dtype), shape, dtype);
}

/**
 * Where each value would go into its row of a sorted sequence: the number of elements that
 * are less, or not greater.
 */
const searched: KernelCapture = ({ backend, input, attributes }) => {
  const [sequence, values] = [input('sortedSequence'), input('values')];
  const [rows, length] = sequence.shape as [number, number];
  const count = values.shape[1] as number;
  if (sizeOf(values.shape) === 0 || length === 0) return filled(backend, 0, values.shape, 'int32');
  const { graph } = backend;
  const isBefore = graph.addNode(attributes['side'] === 'left' ? 'Less' : 'LessOrEqual', [
    reshapedTo(backend, sequence, [rows, 1, length]).name,
    reshapedTo(backend, values, [rows, count, 1]).name,
  ]);
  const ones = graph.addNode('Cast', [isBefore], { to: ONNX_TYPES.int32 });
  return backend.emit('ReduceSum', [ones, graph.integers([2])], values.shape, 'int32', { keepdims: 0 });
};

/** Histograms of whole numbers and places in sorted sequences. */
export const COUNTING: KernelTable = {
  Bincount: counted,
  DenseBincount: counted,
  SearchSorted: searched,
};
