import type { TensorMap } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import { weightOf } from '../tensors.js';

/**
 * RMS norm over the last axis (LLaMA): y = x / sqrt(mean(x^2) + epsilon) * weight.
 *
 * The gradient is written out: dx = (g - x̂ mean(g x̂)) / rms with g = dy * weight.
 *
 * @param x - [..., D] float32
 * @param name - of the layer: `name.weight` [D]
 * @returns [..., D] float32
 * @throws FgamError `models/bad-weights` where a weight is missing
 * @example
 * ```ts
 * import { rmsNorm } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * // The mean square of (1, 7) is 25: divided by 5, then multiplied by the weight.
 * const weights = { 'norm.weight': tf.tensor1d([1, 10]) };
 * const [a = 0, b = 0] = rmsNorm(weights, 'norm', tf.tensor2d([[1, 7]]), 1e-6).dataSync();
 * if (Math.abs(a - 0.2) > 1e-5 || Math.abs(b - 14) > 1e-4) throw new Error(`${a}, ${b}`);
 * ```
 */
export function rmsNorm(weights: TensorMap, name: string, x: tf.Tensor, epsilon: number): tf.Tensor {
  const compute = tf.customGrad((...args) => {
    const [input, gain, save] = args as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(input), -1, true), epsilon));
    const normal = tf.mul(input, inverse);
    save([normal, inverse, gain]);
    return {
      value: tf.mul(normal, gain),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [unit, scale, weight] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
        const leading = dy.shape.slice(0, -1).map((_, axis) => axis);
        const g = tf.mul(dy, weight);
        const tilt = tf.mul(unit, tf.mean(tf.mul(g, unit), -1, true));
        return [tf.mul(tf.sub(g, tilt), scale), tf.sum(tf.mul(dy, unit), leading)];
      },
    };
  });
  return compute(x, weightOf(weights, `${name}.weight`));
}
