import * as tf from '@tensorflow/tfjs-core';
import type { CaptureBackend, GraphValue } from '../capture-backend.js';
import type { KernelAttributes, KernelCapture, KernelTable } from '../kernel.js';
import { sizeOf } from '../tensors.js';
import { filled } from './creation.js';
import { channelsFirst, channelsLast, range, reshapedTo, sliced, transposed } from './layout.js';
import { padsOf, type Windows, windowsOf, withoutUncovered, withUncovered } from './windows.js';

/** A convolution: its windows, in how many groups, and whether images come channels first. */
interface Geometry {
  readonly windows: Windows;
  readonly groups: number;
  readonly isChannelsFirst: boolean;
}

type Explicit =
  | number
  | 'valid'
  | 'same'
  | [[number, number], [number, number], [number, number], [number, number]];

/** Geometry of a family of kernels from shapes of image and filter, both in tfjs's order. */
type GeometryOf = (
  image: readonly number[],
  filter: readonly number[],
  attributes: KernelAttributes,
) => Geometry;

const plane =
  (isDepthwise: boolean): GeometryOf =>
  (image, filter, { strides, pad, dilations, dimRoundingMode, dataFormat }) => {
    const format = tf.backend_util.convertConv2DDataFormat((dataFormat ?? 'NHWC') as 'NHWC' | 'NCHW');
    const info = tf.backend_util.computeConv2DInfo(
      [...image] as [number, number, number, number],
      [...filter] as [number, number, number, number],
      strides as number,
      (dilations ?? 1) as number,
      pad as Explicit,
      dimRoundingMode as 'floor' | 'round' | 'ceil' | undefined,
      isDepthwise,
      format,
    );
    const isChannelsFirst = format === 'channelsFirst';
    return { windows: windowsOf(info), groups: isDepthwise ? (filter[2] as number) : 1, isChannelsFirst };
  };

const volume: GeometryOf = (image, filter, { strides, pad, dilations }) => {
  const info = tf.backend_util.computeConv3DInfo(
    [...image] as [number, number, number, number, number],
    [...filter] as [number, number, number, number, number],
    strides as number,
    (dilations ?? 1) as number,
    pad as 'valid' | 'same',
  );
  return { windows: windowsOf(info), groups: 1, isChannelsFirst: false };
};

/** tfjs's filter [...size, in, out] as ONNX's [out, in, ...size]; of a depthwise one, [in x multiplier, 1, ...size]. */
function onnxFilter(backend: CaptureBackend, filter: GraphValue, { groups }: Geometry): GraphValue {
  const rank = filter.shape.length - 2;
  const spatial = range(0, rank);
  if (groups === 1) return transposed(backend, filter, [rank + 1, rank, ...spatial]);
  const size = filter.shape.slice(0, rank);
  const outputs = (filter.shape[rank] as number) * (filter.shape[rank + 1] as number);
  return reshapedTo(backend, transposed(backend, filter, [rank, rank + 1, ...spatial]), [
    outputs,
    1,
    ...size,
  ]);
}

function convolved(
  backend: CaptureBackend,
  x: GraphValue,
  filter: GraphValue,
  geometry: Geometry,
): tf.TensorInfo {
  const { windows, groups, isChannelsFirst } = geometry;
  const [inputs, last] = filter.shape.slice(-2) as [number, number];
  const outputs = groups === 1 ? last : inputs * last;
  const batch = x.shape[0] as number;
  const shape = isChannelsFirst
    ? [batch, outputs, ...windows.outputSize]
    : [batch, ...windows.outputSize, outputs];
  if ([shape, x.shape, windows.inputSize].some((one) => sizeOf(one) === 0))
    return filled(backend, 0, shape, 'float32');
  const isProduct =
    groups === 1 &&
    !isChannelsFirst &&
    sizeOf(windows.size) === 1 &&
    [...windows.strides].every((stride) => stride === 1) &&
    padsOf(windows).every((count) => count === 0) &&
    windows.cut.flat().every((count) => count === 0);
  if (isProduct) {
    const matrix = reshapedTo(backend, filter, [inputs, last]);
    return backend.tensorOf(backend.product('MatMul', [x.name, matrix.name], 'float32'), shape, 'float32');
  }
  const image = withoutUncovered(backend, isChannelsFirst ? x : channelsFirst(backend, x), windows);
  const name = backend.product('Conv', [image.name, onnxFilter(backend, filter, geometry).name], 'float32', {
    kernel_shape: windows.size,
    strides: windows.strides,
    dilations: windows.dilations,
    pads: padsOf(windows),
    group: groups,
  });
  const first = { name, shape: [batch, outputs, ...windows.outputSize], dtype: 'float32' } as const;
  const result = isChannelsFirst ? first : channelsLast(backend, first);
  return backend.tensorOf(result.name, shape, 'float32');
}

function convolution(geometryOf: GeometryOf): KernelCapture {
  return ({ backend, input, attributes }) => {
    const [x, filter] = [input('x'), input('filter')];
    return convolved(backend, x, filter, geometryOf(x.shape, filter.shape, attributes));
  };
}

/** The gradient of a convolution by its image: the transposed convolution. */
function imageGradient(geometryOf: GeometryOf): KernelCapture {
  return ({ backend, input, attributes }) => {
    const [dy, filter] = [input('dy'), input('filter')];
    const shape = attributes['inputShape'] as number[];
    const geometry = geometryOf(shape, filter.shape, attributes);
    const { windows, groups, isChannelsFirst } = geometry;
    if ([shape, dy.shape, windows.inputSize].some((one) => sizeOf(one) === 0))
      return filled(backend, 0, shape, 'float32');
    const image = isChannelsFirst ? dy : channelsFirst(backend, dy);
    const name = backend.product(
      'ConvTranspose',
      [image.name, onnxFilter(backend, filter, geometry).name],
      'float32',
      {
        kernel_shape: windows.size,
        strides: windows.strides,
        dilations: windows.dilations,
        pads: padsOf(windows),
        // Places after the last window: their gradient is 0.
        output_padding: windows.after.map((count) => Math.max(0, -count)),
        group: groups,
      },
    );
    const channels = shape[isChannelsFirst ? 1 : shape.length - 1] as number;
    const covered = {
      name,
      shape: [shape[0] as number, channels, ...windows.inputSize],
      dtype: 'float32',
    } as const;
    const first = withUncovered(backend, covered, windows);
    return backend.tensorOf((isChannelsFirst ? first : channelsLast(backend, first)).name, shape, 'float32');
  };
}

/**
 * The gradient of a convolution by its filter: again a convolution, of the image with the output's gradient
 * as the filter, where channels take the place of the batch, strides that of dilations, and the batch is
 * summed over as channels are.
 */
function filterGradient(geometryOf: GeometryOf): KernelCapture {
  return ({ backend, input, attributes }) => {
    const [x, dy] = [input('x'), input('dy')];
    const shape = attributes['filterShape'] as number[];
    const { windows, groups, isChannelsFirst } = geometryOf(x.shape, shape, attributes);
    if ([shape, x.shape, dy.shape, windows.inputSize].some((one) => sizeOf(one) === 0))
      return filled(backend, 0, shape, 'float32');
    const rank = windows.size.length;
    const batchSecond = isChannelsFirst
      ? [1, 0, ...range(2, rank + 2)]
      : [rank + 1, 0, ...range(1, rank + 1)];
    const image = withoutUncovered(backend, transposed(backend, x, batchSecond), windows);
    const [channels, batch] = image.shape as [number, number];
    const stacked =
      groups === 1 ? image : reshapedTo(backend, image, [1, channels * batch, ...windows.inputSize]);
    const slopes = transposed(backend, dy, batchSecond);
    const outputs = slopes.shape[0] as number;
    const name = backend.product('Conv', [stacked.name, slopes.name], 'float32', {
      kernel_shape: windows.outputSize,
      strides: windows.dilations,
      dilations: windows.strides,
      pads: padsOf(windows),
      group: groups,
    });
    // Places after the last window make room for filter elements that do not exist.
    const length = (size: number, axis: number) =>
      size + Math.floor(Math.max(0, -(windows.after[axis] as number)) / (windows.dilations[axis] as number));
    const rows = groups === 1 ? channels : 1;
    const whole = { name, shape: [rows, outputs, ...windows.size.map(length)], dtype: 'float32' } as const;
    const part = sliced(backend, whole, windows.size.map(() => 0).concat(0, 0), [
      rows,
      outputs,
      ...windows.size,
    ]);
    const perInput = groups === 1 ? outputs : outputs / channels;
    const found = reshapedTo(backend, part, [channels, perInput, ...windows.size]);
    return backend.tensorOf(transposed(backend, found, [...range(2, rank + 2), 0, 1]).name, shape, 'float32');
  };
}

/** Convolutions of images and volumes and their gradients. */
export const CONVOLUTION: KernelTable = {
  Conv2D: convolution(plane(false)),
  Conv2DBackpropInput: imageGradient(plane(false)),
  Conv2DBackpropFilter: filterGradient(plane(false)),
  Conv3D: convolution(volume),
  Conv3DBackpropInputV2: imageGradient(volume),
  Conv3DBackpropFilterV2: filterGradient(volume),
  DepthwiseConv2dNative: convolution(plane(true)),
  DepthwiseConv2dNativeBackpropInput: imageGradient(plane(true)),
  DepthwiseConv2dNativeBackpropFilter: filterGradient(plane(true)),
};
