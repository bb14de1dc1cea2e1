import type * as tf from '@tensorflow/tfjs-core';
import { FgamError } from './error.js';

/**
 * Refuses a tensor of another shape.
 *
 * @param what - function and argument, such as `regionTextLoss: expected texts to match regions`
 * @param shape - lengths; -1 is any
 * @param then - what to do about it
 */
export function expectShape(what: string, tensor: tf.Tensor, shape: readonly number[], then: string): void {
  const fits = tensor.rank === shape.length && shape.every((n, axis) => n === -1 || n === tensor.shape[axis]);
  if (fits) return;
  const wanted = shape.map((length) => (length === -1 ? '*' : length)).join(', ');
  throw new FgamError('losses/bad-shape', `${what} [${wanted}], got [${tensor.shape.join(', ')}]; ${then}`);
}
