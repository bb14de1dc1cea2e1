import * as tf from '@tensorflow/tfjs-core';
import type { EagerBackend } from './backend.js';
import { currentBackend, startEager } from './eager-backends.js';
import { copyTensor, type HostTensor, type TensorMap } from './tensors.js';
import { checkDevice } from './webgpu.js';

/**
 * Runs a program on a tfjs backend, operation by operation. All tensors that it makes are disposed, and tfjs
 * is left on the backend that it was on. Results share no memory with inputs or with each other.
 */
export async function runEagerly(
  backend: EagerBackend,
  inputs: Readonly<Record<string, HostTensor>>,
  program: (inputs: TensorMap) => TensorMap,
): Promise<Record<string, HostTensor>> {
  const registers = await startEager(backend);
  // No wait between here and the end of the program: another run may want another backend.
  const previous = currentBackend();
  // Tfjs walks all its kernels for it, which takes longer than a small program.
  const isCurrent = previous === registers;
  if (!isCurrent) void tf.setBackend(registers);
  let results: Record<string, tf.Tensor>;
  try {
    results = computed(inputs, program);
  } finally {
    if (previous !== undefined && !isCurrent) void tf.setBackend(previous);
  }
  const read: Record<string, HostTensor> = {};
  // tfjs's cpu backend hands out its own memory: that of an input, and of another result, where nothing was computed.
  const used = new Set(Object.values(inputs).map(({ data }) => data.buffer));
  for (const [name, tensor] of Object.entries(results)) {
    const data = await tensor.data();
    const result = { shape: tensor.shape, dtype: tensor.dtype, data } as HostTensor;
    read[name] = used.has(result.data.buffer) ? copyTensor(result) : result;
    used.add(result.data.buffer);
    tensor.dispose();
  }
  if (backend === 'tfjs-webgpu') checkDevice(backend);
  return read;
}

function computed(
  inputs: Readonly<Record<string, HostTensor>>,
  program: (inputs: TensorMap) => TensorMap,
): Record<string, tf.Tensor> {
  return tf.tidy(() => {
    const tensors = Object.fromEntries(
      Object.entries(inputs).map(([name, { data, shape, dtype }]) => [
        name,
        tf.tensor(data, [...shape], dtype),
      ]),
    );
    // Clones, so that a program may return an input.
    return Object.fromEntries(
      Object.entries(program(tensors)).map(([name, tensor]) => [name, tf.clone(tensor)]),
    );
  });
}
