import type { CaptureBackend, GraphValue } from '../capture-backend.js';
import { captureError } from '../capture-error.js';
import type { KernelCapture, KernelTable } from '../kernel.js';
import { ONNX_TYPES } from '../onnx-graph.js';
import { sizeOf } from '../tensors.js';
import { filled, filling } from './creation.js';
import { channelsFirst, channelsLast, reshapedTo, sliced } from './layout.js';
import {
  attributesOf,
  finished,
  hasWideMargins,
  inverseCounts,
  isNothing,
  ones,
  plane,
  prepared,
  shapeAfter,
  volume,
  type WindowsOf,
} from './pool-windows.js';
import { coveredCounts, padsOf, type Windows, withMargins, withUncovered } from './windows.js';

/** x with the margins that pooling can't make itself. */
function marginsOfMaxima(backend: CaptureBackend, x: GraphValue, windows: Windows) {
  return hasWideMargins(windows)
    ? {
        image: withMargins(backend, x, windows, Number.NEGATIVE_INFINITY),
        pads: padsOf(windows).map(() => 0),
      }
    : { image: x, pads: padsOf(windows) };
}

/** Largest values of windows of x [batch, channels, ...places]. */
function maxima(backend: CaptureBackend, x: GraphValue, windows: Windows): string {
  const { image, pads } = marginsOfMaxima(backend, x, windows);
  const { graph } = backend;
  const found = graph.addNode('MaxPool', [image.name], attributesOf(windows, pads));
  const counts = coveredCounts(windows);
  if (counts.every((count) => count > 0)) return found;
  // For some strides onnxruntime has the least float32 in windows of margin alone.
  const covered = graph.constant(
    ONNX_TYPES.bool,
    [1, 1, ...windows.outputSize],
    Uint8Array.from(counts, (count) => (count > 0 ? 1 : 0)),
  );
  return graph.addNode('Where', [covered, found, graph.scalar(Number.NEGATIVE_INFINITY, 'float32')]);
}

function maxPool(windowsFor: WindowsOf): KernelCapture {
  return ({ backend, input, attributes }) => {
    const x = input('x');
    const windows = windowsFor(x.shape, attributes);
    const shape = shapeAfter(x, windows);
    if (isNothing(shape, windows)) return filled(backend, Number.NEGATIVE_INFINITY, shape, x.dtype);
    const result = finished(backend, maxima(backend, prepared(backend, x, windows), windows), x, windows);
    return backend.tensorOf(backend.cast(result, x.dtype), shape, x.dtype);
  };
}

/** Each output's gradient goes to the place of its window's first largest value. */
function maxPoolGradient(windowsFor: WindowsOf): KernelCapture {
  return ({ backend, input, attributes }) => {
    const [dy, x] = [input('dy'), input('input')];
    const windows = windowsFor(x.shape, attributes);
    if (isNothing(dy.shape, windows)) return filled(backend, 0, x.shape, 'float32');
    const image = prepared(backend, x, windows);
    const { image: source, pads } = marginsOfMaxima(backend, image, windows);
    const { graph } = backend;
    const attributesOfPool = attributesOf(windows, pads);
    const [, places] = graph.addNodes('MaxPool', [source.name], 2, attributesOfPool) as [string, string];
    const count = sizeOf(dy.shape);
    const slopes = reshapedTo(backend, channelsFirst(backend, dy), [count]);
    const indices = reshapedTo(backend, { name: places, shape: dy.shape, dtype: 'int32' }, [count]);
    const zeros = filling(backend, 0, [sizeOf(source.shape)], 'float32');
    const name = graph.addNode('ScatterElements', [zeros.name, indices.name, slopes.name], {
      axis: 0,
      reduction: 'add',
    });
    const scattered = reshapedTo(
      backend,
      { name, shape: [sizeOf(source.shape)], dtype: 'float32' },
      source.shape,
    );
    const covered =
      source === image ? scattered : sliced(backend, scattered, [0, 0, ...windows.before], image.shape);
    const { name: result } = channelsLast(backend, withUncovered(backend, covered, windows));
    return backend.tensorOf(result, x.shape, 'float32');
  };
}

/** Means of x's [batch, channels, ...places] windows with margins as wide as a window: a convolution with ones. */
function wideMean(backend: CaptureBackend, x: GraphValue, windows: Windows): string {
  const { graph } = backend;
  const [batch, channels] = x.shape as [number, number];
  const images = reshapedTo(backend, x, [batch * channels, 1, ...windows.inputSize]);
  const name = graph.addNode(
    'Conv',
    [images.name, ones(backend, windows)],
    attributesOf(windows, padsOf(windows)),
  );
  const sums = { name, shape: [batch * channels, 1, ...windows.outputSize], dtype: 'float32' } as const;
  const back = reshapedTo(backend, sums, [batch, channels, ...windows.outputSize]);
  return graph.addNode('Mul', [back.name, inverseCounts(backend, windows)]);
}

function averagePool(windowsFor: WindowsOf): KernelCapture {
  return ({ backend, input, attributes }) => {
    const x = input('x');
    const windows = windowsFor(x.shape, attributes);
    const shape = shapeAfter(x, windows);
    if (isNothing(shape, windows)) return filled(backend, Number.NaN, shape, 'float32');
    const image = prepared(backend, x, windows);
    const name = hasWideMargins(windows)
      ? wideMean(backend, image, windows)
      : backend.graph.addNode('AveragePool', [image.name], {
          ...attributesOf(windows, padsOf(windows)),
          count_include_pad: 0,
        });
    return backend.tensorOf(finished(backend, name, x, windows).name, shape, 'float32');
  };
}

/**
 * Each output's gradient goes, in equal parts, to the places of its window that are not margin: a transposed
 * convolution with ones. tfjs's own backends for JavaScript divide by the whole window, margin included,
 * which is not the gradient of their average.
 */
function averagePoolGradient(windowsFor: WindowsOf): KernelCapture {
  return ({ backend, input, attributes }) => {
    const [dy, x] = [input('dy'), input('input')];
    const windows = windowsFor(x.shape, attributes);
    if (isNothing(dy.shape, windows)) return filled(backend, 0, x.shape, 'float32');
    const { graph } = backend;
    const slopes = channelsFirst(backend, dy);
    const parts = graph.addNode('Mul', [slopes.name, inverseCounts(backend, windows)]);
    const [batch, channels] = [x.shape[0] as number, x.shape.at(-1) as number];
    const images = reshapedTo(backend, { ...slopes, name: parts }, [
      batch * channels,
      1,
      ...windows.outputSize,
    ]);
    const name = graph.addNode('ConvTranspose', [images.name, ones(backend, windows)], {
      ...attributesOf(windows, padsOf(windows)),
      output_padding: windows.after.map((count) => Math.max(0, -count)),
    });
    const spread = { name, shape: [batch * channels, 1, ...windows.inputSize], dtype: 'float32' } as const;
    const covered = reshapedTo(backend, spread, [batch, channels, ...windows.inputSize]);
    const { name: result } = channelsLast(backend, withUncovered(backend, covered, windows));
    return backend.tensorOf(result, x.shape, 'float32');
  };
}

/** Largest and mean values of windows of images and volumes, their gradients, and the places of the largest. */
export const POOLING: KernelTable = {
  MaxPool: maxPool(plane),
  MaxPoolGrad: maxPoolGradient(plane),
  MaxPool3D: maxPool(volume),
  MaxPool3DGrad: maxPoolGradient(volume),
  AvgPool: averagePool(plane),
  AvgPoolGrad: averagePoolGradient(plane),
  AvgPool3D: averagePool(volume),
  AvgPool3DGrad: averagePoolGradient(volume),
  // ONNX counts places over [batch, channels, height, width], tfjs over [height, width, channels]
  // or, asked, the batch too.
  MaxPoolWithArgmax: ({ backend, input, attributes }) => {
    const x = input('x');
    const windows = plane(x.shape, attributes);
    const shape = shapeAfter(x, windows);
    if (isNothing(shape, windows))
      return [filled(backend, Number.NEGATIVE_INFINITY, shape, x.dtype), filled(backend, 0, shape, 'int32')];
    // onnxruntime counts places over the image that it is given: one with places cut off or added would have others.
    if (hasWideMargins(windows) || windows.cut.some((ends) => ends.some((count) => count > 0)))
      throw captureError(
        'compile/not-captured',
        'MaxPoolWithArgmax: this padding in numbers, which leaves places of the image out or has margins as wide as a window, is not ' +
          "captured; use 'same' or 'valid'",
      );
    const { graph } = backend;
    const [batch, height, width, channels] = x.shape as [number, number, number, number];
    const image = prepared(backend, x, windows);
    const [pooled, places] = graph.addNodes(
      'MaxPool',
      [image.name],
      2,
      attributesOf(windows, padsOf(windows)),
    ) as [string, string];
    const int64 = (shapeOf: readonly number[], values: readonly number[]) =>
      graph.constant(ONNX_TYPES.int64, shapeOf, BigInt64Array.from(values, BigInt));
    const inPlane = graph.addNode('Mod', [places, int64([], [height * width])]);
    const scaled = graph.addNode('Mul', [inPlane, int64([], [channels])]);
    const includesBatch = attributes['includeBatchInIndex'] === true;
    const offsets = Array.from({ length: batch * channels }, (_, index) => {
      const [image, channel] = [Math.floor(index / channels), index % channels];
      return channel + (includesBatch ? image * height * width * channels : 0);
    });
    const moved = graph.addNode('Add', [scaled, int64([batch, channels, 1, 1], offsets)]);
    const indices = graph.addNode('Cast', [moved], { to: ONNX_TYPES.int32 });
    const last = finished(backend, pooled, x, windows);
    return [
      backend.tensorOf(backend.cast(last, x.dtype), shape, x.dtype),
      backend.tensorOf(finished(backend, indices, x, windows).name, shape, 'int32'),
    ];
  },
};
