import type { TensorMap, Weights } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';

/** What the names of the value head's weights begin with. */
export const VALUE_HEAD = 'fgam.value_head';

/** A value head that expects 0 everywhere. @param width - D of the language model's hidden state */
export function createValueHead(width: number): Weights {
  return {
    [`${VALUE_HEAD}.weight`]: { shape: [width, 1], dtype: 'float32', data: new Float32Array(width) },
    [`${VALUE_HEAD}.bias`]: { shape: [1], dtype: 'float32', data: new Float32Array(1) },
  };
}

/** V = h w + b: [B, T, D] -> [B, T]. */
export function tokenValues(weights: TensorMap, hidden: tf.Tensor): tf.Tensor {
  const [batch = 0, length = 0, width = 0] = hidden.shape;
  const rows = tf.matMul(tf.reshape(hidden, [-1, width]), weights[`${VALUE_HEAD}.weight`] as tf.Tensor);
  return tf.reshape(tf.add(rows, weights[`${VALUE_HEAD}.bias`] as tf.Tensor), [batch, length]);
}

/**
 * A model's weights without the value head that PPO trains beside them. The tensors are those given, not
 * copies.
 *
 * @example
 * ```ts
 * import { withoutValueHead } from '@fgam/trainer';
 *
 * // As PPO leaves a model of width 2.
 * const trained = {
 *   'language_model.model.norm.weight': { shape: [2], dtype: 'float32', data: Float32Array.of(1, 1) },
 *   'fgam.value_head.weight': { shape: [2, 1], dtype: 'float32', data: Float32Array.of(0.5, -0.5) },
 *   'fgam.value_head.bias': { shape: [1], dtype: 'float32', data: Float32Array.of(0.1) },
 * } as const;
 * const names = Object.keys(withoutValueHead(trained));
 * if (names.join() !== 'language_model.model.norm.weight') throw new Error(names.join());
 * ```
 */
export function withoutValueHead(weights: Weights): Weights {
  return Object.fromEntries(Object.entries(weights).filter(([name]) => !name.startsWith(VALUE_HEAD)));
}
