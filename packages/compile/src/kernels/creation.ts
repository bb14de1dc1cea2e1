import type * as tf from '@tensorflow/tfjs-core';
import type { CaptureBackend, GraphValue } from '../capture-backend.js';
import type { KernelTable } from '../kernel.js';
import { ONNX_TYPES } from '../onnx-graph.js';
import type { TensorType } from '../tensors.js';

/** One number in a whole shape, as a broadcast of one stored number. */
export function filling(
  backend: CaptureBackend,
  value: number,
  shape: readonly number[],
  dtype: TensorType,
): GraphValue {
  const { graph } = backend;
  const name = graph.addNode('Expand', [graph.scalar(value, dtype), graph.integers(shape)]);
  return { name, shape, dtype };
}

/** `filling` as a kernel's result. */
export function filled(
  backend: CaptureBackend,
  value: number,
  shape: readonly number[],
  dtype: TensorType,
): tf.TensorInfo {
  return backend.tensorOf(filling(backend, value, shape, dtype).name, shape, dtype);
}

/** Tensors made of attributes alone. */
export const CREATION: KernelTable = {
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
  Range: ({ backend, attributes }) => {
    const { start, stop, step, dtype } = attributes as {
      start: number;
      stop: number;
      step: number;
      dtype: TensorType;
    };
    // As tfjs: a step that was left at 1 counts down where the range goes down.
    const by = stop < start && step === 1 ? -1 : step;
    const count = Math.max(0, Math.ceil((stop - start) / by));
    const values = Array.from({ length: count }, (_, index) => start + index * by);
    const data = dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values);
    return backend.tensorOf(backend.graph.constant(ONNX_TYPES[dtype], [count], data), [count], dtype);
  },
  LinSpace: ({ backend, attributes }) => {
    const { start, stop, num } = attributes as { start: number; stop: number; num: number };
    const values = Float32Array.from({ length: num }, (_, index) =>
      num === 1 ? start : start + (index * (stop - start)) / (num - 1),
    );
    return backend.tensorOf(backend.graph.constant(ONNX_TYPES.float32, [num], values), [num], 'float32');
  },
};
