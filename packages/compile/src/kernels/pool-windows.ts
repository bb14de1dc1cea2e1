import * as tf from '@tensorflow/tfjs-core';
import type { CaptureBackend, GraphValue } from '../capture-backend.js';
import type { KernelAttributes } from '../kernel.js';
import { ONNX_TYPES } from '../onnx-graph.js';
import { sizeOf } from '../tensors.js';
import { channelsFirst, channelsLast } from './layout.js';
import { coveredCounts, padsOf, type Windows, windowsOf, withoutUncovered } from './windows.js';

/** Windows of a pooling from x's shape and the kernel's attributes. */
export type WindowsOf = (shape: readonly number[], attributes: KernelAttributes) => Windows;
type Rounding = 'floor' | 'round' | 'ceil' | undefined;

/** Windows over images [batch, height, width, channels]. */
export const plane: WindowsOf = (shape, { filterSize, strides, pad, dimRoundingMode }) =>
  windowsOf(
    tf.backend_util.computePool2DInfo(
      [...shape] as [number, number, number, number],
      filterSize as number,
      strides as number,
      1,
      pad as 'same',
      dimRoundingMode as Rounding,
    ),
  );

/** Windows over volumes [batch, depth, height, width, channels]. */
export const volume: WindowsOf = (shape, { filterSize, strides, pad, dimRoundingMode }) =>
  windowsOf(
    tf.backend_util.computePool3DInfo(
      [...shape] as [number, number, number, number, number],
      filterSize as number,
      strides as number,
      1,
      pad as 'same',
      dimRoundingMode as Rounding,
    ),
  );

/** onnxruntime's pooling refuses margins as wide as a window. */
export function hasWideMargins(windows: Windows): boolean {
  const rank = windows.size.length;
  return padsOf(windows).some((count, index) => count >= (windows.size[index % rank] as number));
}

/** Attributes of ONNX's pooling. */
export const attributesOf = ({ size, strides }: Windows, pads: readonly number[]) => ({
  kernel_shape: size,
  strides,
  pads,
});

/** x [batch, ...places, channels], real, channels first and without the places that no window covers. */
export function prepared(backend: CaptureBackend, x: GraphValue, windows: Windows): GraphValue {
  const real = { name: backend.cast(x, 'float32'), shape: x.shape, dtype: 'float32' } as const;
  return withoutUncovered(backend, channelsFirst(backend, real), windows);
}

/** The shape of pooled x, channels last. */
export function shapeAfter(x: GraphValue, windows: Windows): number[] {
  return [x.shape[0] as number, ...windows.outputSize, x.shape.at(-1) as number];
}

/** Pooled x, from [batch, channels, ...places] to tfjs's order. */
export function finished(backend: CaptureBackend, name: string, x: GraphValue, windows: Windows): GraphValue {
  const shape = [x.shape[0] as number, x.shape.at(-1) as number, ...windows.outputSize];
  return channelsLast(backend, { name, shape, dtype: 'float32' });
}

/** Nothing to compute: no results, or no window that covers a place. */
export function isNothing(shape: readonly number[], { inputSize }: Windows): boolean {
  return sizeOf(shape) === 0 || sizeOf(inputSize) === 0;
}

/** 1 by the number of places of each window that are not margin; none gives NaN, as in tfjs. */
export function inverseCounts(backend: CaptureBackend, windows: Windows): string {
  const factors = coveredCounts(windows).map((count) => (count === 0 ? Number.NaN : 1 / count));
  return backend.graph.constant(ONNX_TYPES.float32, [1, 1, ...windows.outputSize], factors);
}

/** A window of ones, the filter of a sum. */
export function ones(backend: CaptureBackend, { size }: Windows): string {
  return backend.graph.constant(ONNX_TYPES.float32, [1, 1, ...size], new Float32Array(sizeOf(size)).fill(1));
}
