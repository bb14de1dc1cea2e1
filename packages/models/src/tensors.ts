import type { HostTensor, TensorMap } from '@fgam/compile';
import type { Tensor } from '@tensorflow/tfjs-core';
import { modelsError } from './error.js';

/** The weight of that name. @throws FgamError `models/bad-weights` when it is missing */
export function weightOf(weights: TensorMap, name: string): Tensor {
  const tensor = weights[name];
  if (tensor === undefined) {
    throw modelsError(
      'models/bad-weights',
      `weightOf: expected a weight named ${name}, got none; check the checkpoint with checkWeights (one that was loaded in 8 bits can generate, not be trained: load it with weights 'memory' or 'files')`,
    );
  }
  return tensor;
}

/** @throws FgamError `models/bad-shape` unless the shape is as expected; -1 stands for any length */
export function expectShape(where: string, tensor: Tensor, expected: readonly number[]): void {
  const fits =
    tensor.shape.length === expected.length && expected.every((n, i) => n === -1 || n === tensor.shape[i]);
  if (!fits) {
    const wanted = expected.map((n) => (n === -1 ? 'any' : n)).join(', ');
    throw modelsError(
      'models/bad-shape',
      `${where}: expected shape [${wanted}], got [${tensor.shape.join(', ')}]`,
    );
  }
}

/**
 * The first `count` rows of a float32 tensor, copied apart.
 * @throws FgamError `models/bad-shape` for another type or none
 */
export function cutRows(tensor: HostTensor | undefined, count: number): Float32Array[] {
  const data = tensor?.data;
  if (!(data instanceof Float32Array)) {
    throw modelsError(
      'models/bad-shape',
      'cutRows: expected a float32 result from the captured program, got none',
    );
  }
  const total = tensor?.shape[0] ?? 1;
  const width = data.length / total;
  return Array.from({ length: count }, (_, row) => data.slice(row * width, (row + 1) * width));
}
