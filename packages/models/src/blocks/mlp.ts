import type { TensorMap } from '@fgam/compile';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../config.js';
import { activate } from './activation.js';
import { fusedLinear, linear } from './linear.js';

/** A two-layer MLP: second(act(first(x))). `x` [..., in] -> [..., out]. */
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

/** LLaMA's gated MLP: down(silu(gate(x)) * up(x)). `x` [rows, D] -> [rows, D]. */
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
