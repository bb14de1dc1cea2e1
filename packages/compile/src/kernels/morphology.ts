import * as tf from '@tensorflow/tfjs-core';
import type { CaptureBackend, GraphValue } from '../capture-backend.js';
import type { KernelAttributes, KernelCall, KernelCapture, KernelTable } from '../kernel.js';
import { ONNX_TYPES } from '../onnx-graph.js';
import { sizeOf } from '../tensors.js';
import { filled } from './creation.js';
import { gathered, padded, range, reshapedTo, sliced, transposed } from './layout.js';
import { type Windows, windowsOf } from './windows.js';

/** tfjs's value of a window without any place. */
const LEAST = Number.MIN_SAFE_INTEGER;

/** The windows of a dilation, from shapes of image and filter and the kernel's attributes. */
export function dilationWindows(
  x: readonly number[],
  filter: readonly number[],
  attributes: KernelAttributes,
): Windows {
  const { strides, pad, dilations } = attributes;
  return windowsOf(
    tf.backend_util.computeDilation2DInfo(
      [...x] as [number, number, number, number],
      [...filter] as [number, number, number],
      strides as number,
      pad as 'same' | 'valid' | number,
      'NHWC',
      dilations as number,
    ),
  );
}

/** Row by row of windows along one axis: the places of the padded input that they cover. */
function placesOf({ outputSize, size, strides, dilations }: Windows, axis: number): number[] {
  return range(0, outputSize[axis] as number).flatMap((place) =>
    range(0, size[axis] as number).map(
      (step) => place * (strides[axis] as number) + step * (dilations[axis] as number),
    ),
  );
}

/** Margins and the cut of the input along both axes, as paddings; a cut is negative. */
function marginsOf({ before, after, cut }: Windows): [number, number][] {
  return before.map((front, axis) => [
    front - (cut[axis]?.[0] ?? 0),
    Math.max(0, after[axis] as number) - (cut[axis]?.[1] ?? 0),
  ]);
}

/** Sums of x and the filter in every window, the window's elements last: [batch, height, width, channels, elements]. */
function sums(backend: CaptureBackend, x: GraphValue, filter: GraphValue, windows: Windows): GraphValue {
  const [batch, , , channels] = x.shape as [number, number, number, number];
  const [height, width] = windows.outputSize as [number, number];
  const [rows, columns] = windows.size as [number, number];
  const { before, cut, inputSize } = windows;
  const part = sliced(
    backend,
    x,
    [0, cut[0]?.[0] ?? 0, cut[1]?.[0] ?? 0, 0],
    [batch, ...inputSize, channels],
  );
  const margins = before.map((front, axis) => [front, Math.max(0, windows.after[axis] as number)] as const);
  const image = padded(backend, part, [[0, 0], ...margins, [0, 0]], LEAST);
  const down = gathered(backend, image, 1, placesOf(windows, 0));
  const across = gathered(backend, down, 2, placesOf(windows, 1));
  const apart = reshapedTo(backend, across, [batch, height, rows, width, columns, channels]);
  const added = backend.graph.addNode('Add', [
    apart.name,
    reshapedTo(backend, filter, [rows, 1, columns, channels]).name,
  ]);
  const last = transposed(backend, { ...apart, name: added }, [0, 1, 3, 5, 2, 4]);
  return reshapedTo(backend, last, [batch, height, width, channels, rows * columns]);
}

/** Each output's gradient at the first largest element of its window, 0 at the others: as `sums`. */
function slopes({ backend, input, attributes }: KernelCall) {
  const [x, filter, dy] = [input('x'), input('filter'), input('dy')];
  const windows = dilationWindows(x.shape, filter.shape, attributes);
  const all = sums(backend, x, filter, windows);
  const { graph } = backend;
  const best = graph.addNode('ArgMax', [all.name], { axis: 4, keepdims: 1 });
  const elements = graph.integers(range(0, all.shape[4] as number));
  const isBest = graph.addNode('Equal', [best, elements]);
  const column = reshapedTo(backend, dy, [...dy.shape, 1]);
  const name = graph.addNode('Where', [isBest, column.name, graph.scalar(0, 'float32')]);
  return { x, filter, windows, value: { ...all, name } };
}

/** x's axis spread over places of another length: what falls on one place is added up. The gradient of `gathered`. */
function spread(
  backend: CaptureBackend,
  x: GraphValue,
  places: readonly number[],
  length: number,
): GraphValue {
  const matrix = new Float32Array(length * places.length);
  places.forEach((to, from) => {
    if (to >= 0 && to < length) matrix[to * places.length + from] = 1;
  });
  const name = backend.graph.addNode('MatMul', [
    backend.graph.constant(ONNX_TYPES.float32, [length, places.length], matrix),
    x.name,
  ]);
  return { name, shape: x.shape.with(-2, length), dtype: 'float32' };
}

const dilation: KernelCapture = ({ backend, input, attributes }) => {
  const [x, filter] = [input('x'), input('filter')];
  const windows = dilationWindows(x.shape, filter.shape, attributes);
  const shape = [x.shape[0] as number, ...windows.outputSize, x.shape[3] as number];
  if (sizeOf(shape) === 0 || sizeOf(windows.inputSize) === 0) return filled(backend, LEAST, shape, 'float32');
  const all = sums(backend, x, filter, windows);
  return backend.emit('ReduceMax', [all.name, backend.graph.integers([4])], shape, 'float32', {
    keepdims: 0,
  });
};

const imageGradient: KernelCapture = (call) => {
  const { backend, input } = call;
  if (sizeOf(input('dy').shape) === 0) return filled(backend, 0, input('x').shape, 'float32');
  const { x, windows, value } = slopes(call);
  const [batch, inHeight, inWidth, channels] = x.shape as [number, number, number, number];
  const [height, width] = windows.outputSize as [number, number];
  const [rows, columns] = windows.size as [number, number];
  const split = reshapedTo(backend, value, [batch, height, width, channels, rows, columns]);
  const apart = transposed(backend, split, [0, 1, 4, 2, 5, 3]);
  const margins = marginsOf(windows);
  const moved = (axis: number) => placesOf(windows, axis).map((place) => place - (margins[axis]?.[0] ?? 0));
  const down = spread(
    backend,
    reshapedTo(backend, apart, [batch, height * rows, width * columns * channels]),
    moved(0),
    inHeight,
  );
  const across = spread(
    backend,
    reshapedTo(backend, down, [batch * inHeight, width * columns, channels]),
    moved(1),
    inWidth,
  );
  return backend.tensorOf(reshapedTo(backend, across, x.shape).name, x.shape, 'float32');
};

const filterGradient: KernelCapture = (call) => {
  const { backend, input } = call;
  if (sizeOf(input('dy').shape) === 0) return filled(backend, 0, input('filter').shape, 'float32');
  const { filter, windows, value } = slopes(call);
  const [rows, columns] = windows.size as [number, number];
  const channels = filter.shape[2] as number;
  const { graph } = backend;
  const total = graph.addNode('ReduceSum', [value.name, graph.integers([0, 1, 2])], { keepdims: 0 });
  const perChannel = { name: total, shape: [channels, rows * columns], dtype: 'float32' } as const;
  const result = reshapedTo(backend, transposed(backend, perChannel, [1, 0]), filter.shape);
  return backend.tensorOf(result.name, filter.shape, 'float32');
};

/** Grey-scale dilation, the largest sum of image and filter in each window, and its gradients. */
export const MORPHOLOGY: KernelTable = {
  Dilation2D: dilation,
  Dilation2DBackpropInput: imageGradient,
  Dilation2DBackpropFilter: filterGradient,
};
