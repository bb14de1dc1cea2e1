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
