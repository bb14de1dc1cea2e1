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

/** A model's weights without the value head. */
export function withoutValueHead(weights: Weights): Weights {
  return Object.fromEntries(Object.entries(weights).filter(([name]) => !name.startsWith(VALUE_HEAD)));
}
