import type * as tf from '@tensorflow/tfjs-core';
import type { CaptureBackend, GraphValue } from '../capture-backend.js';
import { padded, sliced } from './layout.js';

/** How windows slide over the places of an image or a volume; each list has one number a spatial axis. */
export interface Windows {
  /** Places of the input that are left when those in `cut` are cut off. */
  readonly inputSize: readonly number[];
  readonly outputSize: readonly number[];
  /** Lengths of a window. */
  readonly size: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Places of the input to cut off first, from the front and from the back: no window covers them. */
  readonly cut: readonly (readonly [number, number])[];
  /** Places before the first that the first window covers. */
  readonly before: readonly number[];
  /**
   * Places after the last that the last window covers: (output - 1) stride + (size - 1) dilation + 1 -
   * input - before. Negative, by less than a stride, where the last places are in no window.
   */
  readonly after: readonly number[];
}

type Info = tf.backend_util.Conv2DInfo | tf.backend_util.Conv3DInfo;

/** The windows of a convolution or pooling, from what tfjs works out of its attributes. */
export function windowsOf(info: Info): Windows {
  const flat = {
    inputSize: [info.inHeight, info.inWidth],
    outputSize: [info.outHeight, info.outWidth],
    size: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    before: [info.padInfo.top, info.padInfo.left],
  };
  if (!('inDepth' in info)) return trimmed(flat);
  return trimmed({
    inputSize: [info.inDepth, ...flat.inputSize],
    outputSize: [info.outDepth, ...flat.outputSize],
    size: [info.filterDepth, ...flat.size],
    strides: [info.strideDepth, ...flat.strides],
    dilations: [info.dilationDepth, ...flat.dilations],
    before: [info.padInfo.front, ...flat.before],
  });
}

/**
 * Windows without the places that ONNX would put further windows on, or that lie before the first window:
 * tfjs reckons paddings in numbers by the first axis alone, and those of volumes may be negative.
 */
function trimmed(windows: Omit<Windows, 'cut' | 'after'>): Windows {
  const axes = windows.inputSize.map((length, axis) => {
    const of = (list: readonly number[]) => list[axis] as number;
    const { outputSize, size, strides, dilations, before } = windows;
    const end = (of(outputSize) - 1) * of(strides) + (of(size) - 1) * of(dilations) + 1 - of(before);
    const front = Math.max(0, -of(before));
    const back = length - end >= of(strides) ? length - end : 0;
    return {
      front,
      back,
      before: of(before) + front,
      after: end - (length - back),
      length: length - front - back,
    };
  });
  return {
    ...windows,
    inputSize: axes.map(({ length }) => length),
    before: axes.map(({ before }) => before),
    after: axes.map(({ after }) => after),
    cut: axes.map(({ front, back }) => [front, back] as const),
  };
}

/** x [batch, channels, ...places] without the places that no window covers. */
export function withoutUncovered(backend: CaptureBackend, x: GraphValue, { cut }: Windows): GraphValue {
  if (cut.every(([front, back]) => front === 0 && back === 0)) return x;
  const size = x.shape.map((length, axis) => {
    const [front, back] = cut[axis - 2] ?? [0, 0];
    return length - front - back;
  });
  return sliced(backend, x, [0, 0, ...cut.map(([front]) => front)], size);
}

/**
 * x [batch, channels, ...places] with zeros in the places that no window covers: the
 * gradient of `withoutUncovered`.
 */
export function withUncovered(backend: CaptureBackend, x: GraphValue, { cut }: Windows): GraphValue {
  if (cut.every(([front, back]) => front === 0 && back === 0)) return x;
  return padded(backend, x, [[0, 0], [0, 0], ...cut], 0);
}

/** ONNX's `pads`: before each axis, then after each. */
export function padsOf({ before, after }: Windows): number[] {
  return [...before, ...after.map((count) => Math.max(0, count))];
}

/** How many places of the input, not of its margin, each window covers, row-major over the output's places. */
export function coveredCounts(windows: Windows): Float32Array {
  const perAxis = windows.outputSize.map((length, axis) =>
    Array.from({ length }, (_, place) => {
      const start = place * (windows.strides[axis] as number) - (windows.before[axis] as number);
      const places = Array.from(
        { length: windows.size[axis] as number },
        (_unused, step) => start + step * (windows.dilations[axis] as number),
      );
      return places.filter((at) => at >= 0 && at < (windows.inputSize[axis] as number)).length;
    }),
  );
  const counts = perAxis.reduce((outer, inner) => outer.flatMap((a) => inner.map((b) => a * b)), [1]);
  return Float32Array.from(counts);
}

/** x [batch, channels, ...places] with the windows' margins filled with a number. */
export function withMargins(
  backend: CaptureBackend,
  x: GraphValue,
  { before, after }: Windows,
  fill: number,
): GraphValue {
  const margins = before.map((count, axis) => [count, Math.max(0, after[axis] as number)] as const);
  return padded(backend, x, [[0, 0], [0, 0], ...margins], fill);
}
