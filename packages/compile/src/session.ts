import * as ort from 'onnxruntime-node';
import type { CapturedGraph } from './capture.js';
import type { HostTensor, TensorType } from './tensors.js';

/** Options of onnxruntime. */
export interface SessionOptions {
  /** Where the graph runs. Default `ort-cpu`. */
  readonly backend?: 'ort-cpu' | 'ort-cuda' | 'ort-webgpu';
  /** Threads within an operation. Default: onnxruntime's own choice, one a core. */
  readonly threads?: number;
}

const PROVIDERS = { 'ort-cpu': 'cpu', 'ort-cuda': 'cuda', 'ort-webgpu': 'webgpu' } as const;

/** onnxruntime's tensor over a host tensor's memory: nothing is copied. */
export function ortTensor(tensor: HostTensor): ort.Tensor {
  return tensorOver(tensor.dtype, tensor.data, tensor.shape);
}

function tensorOver(dtype: TensorType, data: HostTensor['data'], shape: readonly number[]): ort.Tensor {
  switch (dtype) {
    case 'float32':
      return new ort.Tensor('float32', data as Float32Array, shape);
    case 'int32':
      return new ort.Tensor('int32', data as Int32Array, shape);
    case 'bool':
      return new ort.Tensor('bool', data as Uint8Array, shape);
  }
}

/** The host tensor over a result's memory. */
export function hostTensor(tensor: ort.Tensor, shape: readonly number[]): HostTensor {
  const { data, type } = tensor;
  if (type === 'float32') return { shape, dtype: 'float32', data: data as Float32Array };
  if (type === 'int32') return { shape, dtype: 'int32', data: data as Int32Array };
  return { shape, dtype: 'bool', data: data as Uint8Array };
}

/** An onnxruntime session of a captured graph. */
export async function createSession(
  graph: CapturedGraph,
  options: SessionOptions,
): Promise<ort.InferenceSession> {
  const { backend = 'ort-cpu', threads } = options;
  return ort.InferenceSession.create(graph.model, {
    executionProviders: [PROVIDERS[backend]],
    graphOptimizationLevel: 'all',
    // Warnings about unused constants and the like concern nobody who captured a working program.
    logSeverityLevel: 3,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
  });
}
