import type { TensorMap } from '@fgam/compile';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../config.js';
import { activate } from './activation.js';
import { fusedLinear, linear } from './linear.js';

/** A two-layer MLP: second(act(first(x))). `x` [..., in] -> [..., out]. */
export function mlp(
  weights: TensorMap,
  names: readonly [first: string, second: string],
  x: Tensor,
  activation: Activation,
): Tensor {
  return linear(weights, names[1], activate(activation, linear(weights, names[0], x)));
}

/** LLaMA's gated MLP: down(silu(gate(x)) * up(x)). `x` [rows, D] -> [rows, D]. */
export function swiglu(weights: TensorMap, name: string, x: Tensor): Tensor {
  const both = fusedLinear(weights, [`${name}.gate_proj`, `${name}.up_proj`], x);
  const [gate, up] = tf.split(both, 2, -1) as [Tensor, Tensor];
  return linear(weights, `${name}.down_proj`, tf.mul(activate('silu', gate), up));
}
