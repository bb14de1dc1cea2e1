import type { TensorMap } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import { weightOf } from '../tensors.js';

/**
 * A linear map: y = x W^T + b, and where the weights hold an adapter of it (LoRA), + s x A^T B^T.
 *
 * @param x - [..., in] float32; leading axes are flattened for one large product
 * @param name - of the layer: `name.weight` [out, in] and, where the weights hold it, `name.bias` [out]; an
 * adapter is `name.lora_A.weight` [r, in], `name.lora_B.weight` [out, r] and `name.lora_scale` []
 * @returns [..., out] float32
 */
export function linear(weights: TensorMap, name: string, x: tf.Tensor): tf.Tensor {
  const y = linearOf(x, weightOf(weights, `${name}.weight`), weights[`${name}.bias`]);
  const down = weights[`${name}.lora_A.weight`];
  if (down === undefined) return y;
  // Scaled where it is narrow.
  const inner = tf.mul(linearOf(x, down, undefined), weightOf(weights, `${name}.lora_scale`));
  return tf.add(y, linearOf(inner, weightOf(weights, `${name}.lora_B.weight`), undefined));
}

/**
 * Several linear maps of the same input as one product: their outputs side by side, [..., out_1 + out_2 +
 * ...]. Maps with adapters are products of their own: their weights are frozen and large, and putting them
 * side by side would copy them in every run.
 */
export function fusedLinear(weights: TensorMap, names: readonly string[], x: tf.Tensor): tf.Tensor {
  if (names.some((name) => weights[`${name}.lora_A.weight`] !== undefined))
    return tf.concat(
      names.map((name) => linear(weights, name, x)),
      -1,
    );
  const matrix = tf.concat(
    names.map((name) => weightOf(weights, `${name}.weight`)),
    0,
  );
  const biases = names.map((name) => weights[`${name}.bias`]).filter((bias) => bias !== undefined);
  return linearOf(x, matrix, biases.length === names.length ? tf.concat(biases, 0) : undefined);
}

function linearOf(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor | undefined): tf.Tensor {
  const [out = 0, input = 0] = weight.shape;
  const rows: tf.Tensor = x.rank === 2 ? x : tf.reshape(x, [-1, input]);
  const product = tf.matMul(rows, weight, false, true);
  const y = bias === undefined ? product : tf.add(product, bias);
  return x.rank === 2 ? y : tf.reshape(y, [...x.shape.slice(0, -1), out]);
}
