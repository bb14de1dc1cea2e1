import * as tf from '@tensorflow/tfjs-core';
import { adamW, type AdamWOptions, clipFactor, globalNorm } from './adamw.js';
import { PREFIX, withoutPrefix } from './specs.js';
import type { TensorMap } from './tensors.js';

/** Loss of a batch: `total` is minimised, the other scalars are reported. */
export type LossProgram = (
  weights: TensorMap,
  inputs: TensorMap,
) => { readonly total: tf.Tensor } & Readonly<Record<string, tf.Tensor>>;

export const LEARNING_RATE = 'learning-rate';
export const STEP = 'step';
export const NORM = 'norm';

/** The whole update as one program over the state, the batch, learning rate and step. */
export function updateProgram(
  loss: LossProgram,
  trained: readonly string[],
  optimizer: AdamWOptions,
): (all: TensorMap) => TensorMap {
  const {
    beta1 = 0.9,
    beta2 = 0.999,
    epsilon = 1e-8,
    weightDecay = 0,
    clipNorm,
    decays = () => true,
  } = optimizer;
  return (all) => {
    const weights = withoutPrefix(PREFIX.weight, all);
    const variables = trained.map((key) => weights[key] as tf.Tensor);
    const { gradients, parts } = lossGradients(loss, weights, withoutPrefix(PREFIX.input, all), variables);
    const norm = globalNorm(gradients);
    const factor = clipNorm === undefined ? undefined : clipFactor(norm, clipNorm);
    const results: Record<string, tf.Tensor> = { [NORM]: norm };
    for (const [key, part] of Object.entries(parts)) {
      results[PREFIX.part + key] = tf.clone(part);
      part.dispose();
    }
    trained.forEach((key, index) => {
      const gradient = gradients[index] as tf.Tensor;
      const slot = {
        weight: variables[index] as tf.Tensor,
        firstMoment: all[PREFIX.first + key] as tf.Tensor,
        secondMoment: all[PREFIX.second + key] as tf.Tensor,
      };
      const updated = adamW(
        slot,
        factor === undefined ? gradient : tf.mul(gradient, factor),
        all[LEARNING_RATE] as tf.Tensor,
        all[STEP] as tf.Tensor,
        { beta1, beta2, epsilon, weightDecay: decays(key) ? weightDecay : 0 },
      );
      results[PREFIX.weight + key] = updated.weight;
      results[PREFIX.first + key] = updated.firstMoment;
      results[PREFIX.second + key] = updated.secondMoment;
    });
    return results;
  };
}

/** Gradients of a loss by the variables (0 where it does not reach one), and its parts, which the caller disposes. */
function lossGradients(
  loss: LossProgram,
  weights: TensorMap,
  inputs: TensorMap,
  variables: readonly tf.Tensor[],
): { readonly gradients: readonly tf.Tensor[]; readonly parts: Readonly<Record<string, tf.Tensor>> } {
  let parts: Readonly<Record<string, tf.Tensor>> = {};
  const { grads } = tf.engine().gradients(
    () => {
      const result = loss(weights, inputs);
      // Kept: the tape disposes what the gradient does not need.
      parts = Object.fromEntries(Object.entries(result).map(([key, part]) => [key, tf.keep(tf.clone(part))]));
      return result.total;
    },
    [...variables],
    undefined,
    true, // a weight that the loss does not reach has gradient 0
  );
  return { gradients: variables.map((variable, index) => grads[index] ?? tf.zerosLike(variable)), parts };
}
