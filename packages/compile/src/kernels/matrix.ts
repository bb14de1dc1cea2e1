import * as tf from '@tensorflow/tfjs-core';
import type { CaptureBackend, GraphValue } from '../capture-backend.js';
import type { KernelTable } from '../kernel.js';
import { sizeOf } from '../tensors.js';
import { filled } from './creation.js';

/** A value with its last two axes swapped; onnxruntime fuses the node into the product. */
function swapped(backend: CaptureBackend, x: GraphValue, swap: unknown): string {
  if (swap !== true) return x.name;
  const perm = x.shape.map((_, axis) => axis);
  const rank = perm.length;
  perm[rank - 1] = rank - 2;
  perm[rank - 2] = rank - 1;
  return backend.graph.addNode('Transpose', [x.name], { perm });
}

/** Products of matrices and sums of products. */
export const MATRIX: KernelTable = {
  BatchMatMul: ({ backend, input, attributes }) => {
    const [a, b] = [input('a'), input('b')];
    const { transposeA, transposeB } = attributes;
    const batch = tf.backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
    const rows = a.shape.at(transposeA === true ? -1 : -2) as number;
    const columns = b.shape.at(transposeB === true ? -2 : -1) as number;
    const factors = [swapped(backend, a, transposeA), swapped(backend, b, transposeB)];
    const product = backend.product('MatMul', factors, a.dtype);
    return backend.tensorOf(product, [...batch, rows, columns], a.dtype);
  },
  Einsum: ({ backend, inputs, attributes }) => {
    const factors = inputs();
    const equation = (attributes['equation'] as string).replaceAll(/\s/g, '');
    const [terms, result] = equation.split('->') as [string, string];
    const lengths = new Map<string, number>();
    terms.split(',').forEach((term, factor) => {
      Array.from(term).forEach((letter, axis) => lengths.set(letter, factors[factor]?.shape[axis] as number));
    });
    const shape = Array.from(result, (letter) => lengths.get(letter) as number);
    const { dtype } = factors[0] as GraphValue;
    if (factors.some((factor) => sizeOf(factor.shape) === 0)) return filled(backend, 0, shape, dtype);
    const names = factors.map((factor) => factor.name);
    return backend.tensorOf(backend.product('Einsum', names, dtype, { equation }), shape, dtype);
  },
};
