import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../config.js';

/**
 * An activation by its Hugging Face name, element by element; shape and dtype stay.
 *
 *     gelu:        x Phi(x)
 *     quick_gelu:  x sigma(1.702 x)
 *     gelu_new, gelu_pytorch_tanh:  x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
 *     silu:        x sigma(x)
 *     relu:        max(0, x)
 *
 * @param x - of any shape, float32
 * @example
 * ```ts
 * import { activate } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * // silu: x sigma(x), and sigma(ln 3) = 3 / 4.
 * const [zero = 1, positive = 0] = activate('silu', tf.tensor1d([0, Math.log(3)])).dataSync();
 * if (zero !== 0 || Math.abs(positive - 0.75 * Math.log(3)) > 1e-6) throw new Error(`${zero}, ${positive}`);
 * ```
 */
export function activate(name: Activation, x: tf.Tensor): tf.Tensor {
  switch (name) {
    case 'gelu':
      return gelu(x);
    case 'quick_gelu':
      return tf.mul(x, tf.sigmoid(tf.mul(x, 1.702)));
    case 'gelu_new':
    case 'gelu_pytorch_tanh': {
      const inner = tf.mul(tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715)), Math.sqrt(2 / Math.PI));
      return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
    }
    case 'silu':
      return tf.mul(x, tf.sigmoid(x));
    case 'relu':
      return tf.relu(x);
  }
}

/** GELU by the error function: x Phi(x); its gradient is Phi(x) + x phi(x). */
function gelu(x: tf.Tensor): tf.Tensor {
  const compute = tf.customGrad((...args) => {
    const [input, save] = args as [tf.Tensor, tf.GradSaveFunc];
    const phi = tf.mul(tf.add(tf.erf(tf.mul(input, Math.SQRT1_2)), 1), 0.5);
    save([input, phi]);
    return {
      value: tf.mul(input, phi),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [at, cumulative] = saved as [tf.Tensor, tf.Tensor];
        const density = tf.mul(tf.exp(tf.mul(tf.square(at), -0.5)), 1 / Math.sqrt(2 * Math.PI));
        return tf.mul(dy, tf.add(cumulative, tf.mul(at, density)));
      },
    };
  });
  return compute(x);
}
