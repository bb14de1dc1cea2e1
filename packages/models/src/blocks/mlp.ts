import type { TensorMap } from '@fgam/compile';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../config.js';
import { activate } from './activation.js';
import { fusedLinear, linear } from './linear.js';

/**
 * A two-layer MLP: second(act(first(x))).
 *
 * @param x - [..., in] float32
 * @returns [..., out] float32
 * @throws FgamError `models/bad-weights` where a map's weight is missing
 * @example
 * ```ts
 * import { mlp } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * const weights = { 'fc1.weight': tf.tensor2d([[1], [-1]]), 'fc2.weight': tf.tensor2d([[3, 5]]) };
 * // 2 becomes (2, -2), of which relu leaves (2, 0); -2 becomes (0, 2).
 * const y = mlp(weights, ['fc1', 'fc2'], tf.tensor2d([[2], [-2]]), 'relu').dataSync();
 * if (y.join() !== '6,10') throw new Error(y.join());
 * ```
 */
export function mlp(
  weights: TensorMap,
  [first, second]: readonly [first: string, second: string],
  x: Tensor,
  activation: Activation,
): Tensor {
  return activatedLinear(weights, second, linear(weights, first, x), activation);
}

/** The second half of a two-layer MLP: linear(act(inner)). */
export function activatedLinear(
  weights: TensorMap,
  name: string,
  inner: Tensor,
  activation: Activation,
): Tensor {
  return linear(weights, name, activate(activation, inner));
}

/**
 * LLaMA's gated MLP: down(silu(gate(x)) * up(x)).
 *
 * @param name - of the MLP: its maps are `name.gate_proj`, `name.up_proj` and `name.down_proj`
 * @param x - [rows, D] float32
 * @returns [rows, D] float32
 * @throws FgamError `models/bad-weights` where a map's weight is missing
 * @example
 * ```ts
 * import { swiglu } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * const weights = {
 *   'mlp.gate_proj.weight': tf.tensor2d([[Math.log(3)]]),
 *   'mlp.up_proj.weight': tf.tensor2d([[4]]),
 *   'mlp.down_proj.weight': tf.tensor2d([[10]]),
 * };
 * // silu(ln 3) = 3 / 4 ln 3, times 4, times 10.
 * const [y = 0] = swiglu(weights, 'mlp', tf.ones([1, 1])).dataSync();
 * if (Math.abs(y - 30 * Math.log(3)) > 1e-4) throw new Error(String(y));
 * ```
 */
export function swiglu(weights: TensorMap, name: string, x: Tensor): Tensor {
  return gatedLinear(
    weights,
    `${name}.down_proj`,
    fusedLinear(weights, [`${name}.gate_proj`, `${name}.up_proj`], x),
  );
}

/** The second half of a gated MLP: linear(silu(gate) * up) of gate and up side by side, [rows, 2 F]. */
export function gatedLinear(weights: TensorMap, name: string, gateAndUp: Tensor): Tensor {
  const [gate, up] = tf.split(gateAndUp, 2, -1) as [Tensor, Tensor];
  return linear(weights, name, tf.mul(activate('silu', gate), up));
}
