import type { TensorMap } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import { weightOf } from '../tensors.js';

/**
 * Layer norm over the last axis: y = (x - mean) / sqrt(variance + epsilon) * weight + bias.
 *
 * The gradient is written out, because the tape's own goes through every broadcast apart:
 * dx = (g - mean(g) - x̂ mean(g x̂)) / sigma with g = dy * weight.
 *
 * @param x - [..., D] float32
 * @param name - of the layer: `name.weight`, `name.bias` [D]
 * @returns [..., D] float32
 * @throws FgamError `models/bad-weights` where a weight is missing
 * @example
 * ```ts
 * import { layerNorm } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * const weights = { 'norm.weight': tf.tensor1d([2, 2]), 'norm.bias': tf.tensor1d([1, 1]) };
 * // Mean 2, variance 1: normal -1 and 1, times 2, plus 1.
 * const [a = 0, b = 0] = layerNorm(weights, 'norm', tf.tensor2d([[1, 3]]), 1e-6).dataSync();
 * if (Math.abs(a + 1) > 1e-5 || Math.abs(b - 3) > 1e-5) throw new Error(`${a}, ${b}`);
 * ```
 */
export function layerNorm(weights: TensorMap, name: string, x: tf.Tensor, epsilon: number): tf.Tensor {
  const compute = tf.customGrad((...args) => {
    const [input, gain, bias, save] = args as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const centred = tf.sub(input, tf.mean(input, -1, true));
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
    const normal = tf.mul(centred, inverse);
    save([normal, inverse, gain]);
    return {
      value: tf.add(tf.mul(normal, gain), bias),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [unit, scale, weight] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
        const leading = dy.shape.slice(0, -1).map((_, axis) => axis);
        const g = tf.mul(dy, weight);
        const tilt = tf.mul(unit, tf.mean(tf.mul(g, unit), -1, true));
        const dx = tf.mul(tf.sub(tf.sub(g, tf.mean(g, -1, true)), tilt), scale);
        return [dx, tf.sum(tf.mul(dy, unit), leading), tf.sum(dy, leading)];
      },
    };
  });
  return compute(x, weightOf(weights, `${name}.weight`), weightOf(weights, `${name}.bias`));
}
