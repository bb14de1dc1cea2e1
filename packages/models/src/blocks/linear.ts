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
 * @throws FgamError `models/bad-weights` where a weight is missing
 * @example
 * ```ts
 * import { linear } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * const weights = { 'map.weight': tf.tensor2d([[1, 2], [3, 4]]), 'map.bias': tf.tensor1d([10, 20]) };
 * const adapter = {
 *   'map.lora_A.weight': tf.tensor2d([[1, 0]]),
 *   'map.lora_B.weight': tf.tensor2d([[1], [0]]),
 *   'map.lora_scale': tf.scalar(2),
 * };
 * const x = tf.ones([1, 2]);
 * const plain = linear(weights, 'map', x).dataSync().join();
 * // A x = 1, and 2 B of it is added to the first output.
 * const adapted = linear({ ...weights, ...adapter }, 'map', x).dataSync().join();
 * if (plain !== '13,27' || adapted !== '15,27') throw new Error(`${plain} and ${adapted}`);
 * ```
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
 * ...]. Maps with adapters are products of their own (their weights are frozen and large, and putting them
 * side by side would copy them in every run), and so are maps of which some alone have a bias.
 *
 * @param names - of the maps, each as {@link linear} reads it
 * @param x - [..., in] float32
 * @throws FgamError `models/bad-weights` where a map's weight is missing
 * @example
 * ```ts
 * import { fusedLinear } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * const weights = { 'q.weight': tf.tensor2d([[1, 0]]), 'k.weight': tf.tensor2d([[0, 1], [1, 1]]) };
 * const both = fusedLinear(weights, ['q', 'k'], tf.tensor2d([[3, 4]]));
 * if (both.dataSync().join() !== '3,4,7') throw new Error(both.dataSync().join());
 * ```
 */
export function fusedLinear(weights: TensorMap, names: readonly string[], x: tf.Tensor): tf.Tensor {
  const biases = names.flatMap((name) => weights[`${name}.bias`] ?? []);
  const isOneProduct = biases.length === 0 || biases.length === names.length;
  if (!isOneProduct || names.some((name) => weights[`${name}.lora_A.weight`] !== undefined))
    return tf.concat(
      names.map((name) => linear(weights, name, x)),
      -1,
    );
  const matrix = tf.concat(
    names.map((name) => weightOf(weights, `${name}.weight`)),
    0,
  );
  return linearOf(x, matrix, biases.length > 0 ? tf.concat(biases, 0) : undefined);
}

function linearOf(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor | undefined): tf.Tensor {
  const [out = 0, input = 0] = weight.shape;
  const rows: tf.Tensor = x.rank === 2 ? x : tf.reshape(x, [-1, input]);
  const product = tf.matMul(rows, weight, false, true);
  const y = bias === undefined ? product : tf.add(product, bias);
  return x.rank === 2 ? y : tf.reshape(y, [...x.shape.slice(0, -1), out]);
}
