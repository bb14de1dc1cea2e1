import { availableParallelism } from 'node:os';

/**
 * Threads of a program by default: one a core that this process may use.
 *
 * @example
 * ```ts
 * import { createFunction, defaultThreads } from '@fgam/compile';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * // One core is left to the rest of the process.
 * const threads = Math.max(1, defaultThreads() - 1);
 * const double = createFunction((_weights, { x }) => ({ y: tf.mul(x!, 2) }), { threads });
 * const { y } = await double.run({ x: { shape: [1], dtype: 'float32', data: Float32Array.of(21) } });
 * if (!(defaultThreads() >= 1) || y?.data.join() !== '42') throw new Error('expected 42');
 * await double.dispose();
 * ```
 */
export function defaultThreads(): number {
  return availableParallelism();
}
