import * as tf from '@tensorflow/tfjs-core';
import { adamW, type AdamWOptions, clipFactor, globalNorm } from './adamw.js';
import { computedIf } from './computed-if.js';
import { FgamError } from './error.js';
import { repeated } from './repeated.js';
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

/** Options of {@link gradientProgram}. */
export interface GradientOptions {
  /** Equal parts that a batch is taken in, one after another. Default 1. */
  readonly microBatches?: number;
  /** What the loss is multiplied with for the gradients, which are divided by it. Default 1. */
  readonly lossScale?: number;
}

/** Options of {@link descentProgram}. */
export interface DescentOptions {
  /**
   * Whether the next state may be written over the one before: it is the same where the loss or the
   * gradient's norm is not finite, and computed after all that reads the weights. Default false.
   */
  readonly isInPlace?: boolean;
  /** Processes whose gradients and parts of the loss are summed in what comes in: their mean is taken. Default 1. */
  readonly processes?: number;
}

/** Options of {@link updateProgram}. */
export type UpdateOptions = GradientOptions & Pick<DescentOptions, 'isInPlace'>;

/** Parts of a loss, as real numbers. */
type Parts = Readonly<Record<string, tf.Tensor>>;

interface Gradients {
  /** By the trained weights, in their order. */
  readonly gradients: readonly tf.Tensor[];
  /** The caller disposes them. */
  readonly parts: Parts;
}

/** The whole update as one program over the state, the batch, learning rate and step. */
export function updateProgram(
  loss: LossProgram,
  trained: readonly string[],
  optimizer: AdamWOptions,
  { microBatches = 1, lossScale = 1, isInPlace = false }: UpdateOptions = {},
): (all: TensorMap) => TensorMap {
  return (all) => {
    const { gradients, parts } = batchGradients(loss, all, trained, lossScale, microBatches);
    const results = descend(all, trained, { gradients, parts }, optimizer, isInPlace);
    tf.dispose(Object.values(parts));
    return results;
  };
}

/** The first half of an update: gradients and parts of the loss, over the weights and a batch. */
export function gradientProgram(
  loss: LossProgram,
  trained: readonly string[],
  { microBatches = 1, lossScale = 1 }: GradientOptions = {},
): (all: TensorMap) => TensorMap {
  return (all) => {
    const { gradients, parts } = batchGradients(loss, all, trained, lossScale, microBatches);
    const results: Record<string, tf.Tensor> = {};
    for (const [key, part] of Object.entries(parts)) results[PREFIX.part + key] = tf.clone(part);
    tf.dispose(Object.values(parts));
    trained.forEach((key, index) => {
      results[PREFIX.gradient + key] = gradients[index] as tf.Tensor;
    });
    return results;
  };
}

/**
 * The second half: clipping and AdamW, over the state, sums of gradients and of parts of the loss over
 * processes, learning rate and step.
 */
export function descentProgram(
  trained: readonly string[],
  optimizer: AdamWOptions,
  { isInPlace = false, processes = 1 }: DescentOptions = {},
): (all: TensorMap) => TensorMap {
  return (all) => {
    const gradients = trained.map((key) => tf.div(all[PREFIX.gradient + key] as tf.Tensor, processes));
    const sums = Object.entries(withoutPrefix(PREFIX.part, all));
    const parts = Object.fromEntries(sums.map(([key, sum]) => [key, tf.div(sum, processes)]));
    return descend(all, trained, { gradients, parts }, optimizer, isInPlace);
  };
}

function batchGradients(
  loss: LossProgram,
  all: TensorMap,
  trained: readonly string[],
  lossScale: number,
  microBatches: number,
): Gradients {
  const weights = withoutPrefix(PREFIX.weight, all);
  const variables = trained.map((key) => weights[key] as tf.Tensor);
  const inputs = withoutPrefix(PREFIX.input, all);
  return microBatches === 1
    ? lossGradients(loss, weights, inputs, variables, lossScale)
    : accumulatedGradients(loss, weights, inputs, variables, lossScale, microBatches);
}

/** The next state, with the norm of the gradients and the parts of the loss. */
function descend(
  all: TensorMap,
  trained: readonly string[],
  { gradients, parts }: Gradients,
  optimizer: AdamWOptions,
  isInPlace: boolean,
): TensorMap {
  const {
    beta1 = 0.9,
    beta2 = 0.999,
    epsilon = 1e-8,
    weightDecay = 0,
    clipNorm,
    decays = () => true,
  } = optimizer;
  const norm = globalNorm(gradients);
  const clipped = clipNorm === undefined ? gradients : scaled(gradients, clipFactor(norm, clipNorm));
  const results: Record<string, tf.Tensor> = { [NORM]: norm };
  for (const [key, part] of Object.entries(parts)) results[PREFIX.part + key] = tf.clone(part);
  const state = trained.flatMap((key) => [
    all[PREFIX.weight + key] as tf.Tensor,
    all[PREFIX.first + key] as tf.Tensor,
    all[PREFIX.second + key] as tf.Tensor,
  ]);
  const updated = (): tf.Tensor[] =>
    trained.flatMap((key, index) => {
      const [weight, firstMoment, secondMoment] = state.slice(3 * index) as [tf.Tensor, tf.Tensor, tf.Tensor];
      const next = adamW(
        { weight, firstMoment, secondMoment },
        clipped[index] as tf.Tensor,
        all[LEARNING_RATE] as tf.Tensor,
        all[STEP] as tf.Tensor,
        { beta1, beta2, epsilon, weightDecay: decays(key) ? weightDecay : 0 },
      );
      return [next.weight, next.firstMoment, next.secondMoment];
    });
  const next = isInPlace ? computedIf(isFinite(parts, norm), updated, state) : updated();
  trained.forEach((key, index) => {
    results[PREFIX.weight + key] = next[3 * index] as tf.Tensor;
    results[PREFIX.first + key] = next[3 * index + 1] as tf.Tensor;
    results[PREFIX.second + key] = next[3 * index + 2] as tf.Tensor;
  });
  return results;
}

function scaled(gradients: readonly tf.Tensor[], factor: tf.Tensor): tf.Tensor[] {
  return gradients.map((gradient) => tf.mul(gradient, factor));
}

/**
 * Whether the loss and the gradient's norm are finite. It is known once all parts of the loss are, and so
 * once nothing is left that reads the weights: they may be written over.
 */
function isFinite({ total, ...parts }: Parts, norm: tf.Tensor): tf.Tensor {
  const scalars = [total as tf.Tensor, norm, ...Object.values(parts)].map((scalar) => tf.reshape(scalar, []));
  return tf.all(tf.isFinite(tf.slice(tf.stack(scalars), 0, 2)));
}

/** Gradients of a loss by the variables (0 where it does not reach one), and its parts, which the caller disposes. */
function lossGradients(
  loss: LossProgram,
  weights: TensorMap,
  inputs: TensorMap,
  variables: readonly tf.Tensor[],
  scale: number,
): Gradients {
  let parts: Parts = {};
  const { grads } = tf.engine().gradients(
    () => {
      const result = loss(weights, inputs);
      checkParts(result);
      // Kept: the tape disposes what the gradient does not need. Real numbers, of which there are means.
      parts = Object.fromEntries(
        Object.entries(result).map(([key, part]) => [key, tf.keep(tf.cast(part, 'float32'))]),
      );
      return scale === 1 ? result.total : tf.mul(result.total, scale);
    },
    [...variables],
    undefined,
    true, // a weight that the loss does not reach has gradient 0
  );
  const gradients = variables.map((variable, index) => grads[index] ?? tf.zerosLike(variable));
  return { gradients: scale === 1 ? gradients : scaled(gradients, tf.scalar(1 / scale)), parts };
}

/** @throws FgamError `compile/bad-input` for a part of a loss that is no scalar */
function checkParts(parts: Parts): void {
  for (const [key, { shape, size }] of Object.entries(parts)) {
    if (size === 1) continue;
    throw new FgamError(
      'compile/bad-input',
      `loss: expected a scalar for ${key}, got a tensor [${shape.join(', ')}]; reduce it (tf.mean, tf.sum)`,
    );
  }
}

/**
 * Means of the gradients and of the loss's parts over n equal parts of a batch, which come one after another:
 * the memory of one part is enough for all.
 *
 *     g = 1/n sum_(i=1..n) d loss(w, rows i of the inputs) / dw
 *
 * @throws FgamError `compile/bad-input` for an input whose rows are no multiple of n; scalars go to every part
 */
function accumulatedGradients(
  loss: LossProgram,
  weights: TensorMap,
  inputs: TensorMap,
  variables: readonly tf.Tensor[],
  scale: number,
  count: number,
): Gradients {
  const partedInputs = Object.fromEntries(
    Object.entries(inputs).map(([name, tensor]) => [name, inParts(name, tensor, count)]),
  );
  const part = (round: tf.Tensor): TensorMap =>
    Object.fromEntries(
      Object.entries(partedInputs).map(([name, tensor]) => [
        name,
        tensor.rank === 0 ? tensor : tf.gather(tensor, round),
      ]),
    );
  // The names of the loss's parts are known once the loss has run: it runs in the first round.
  let names: readonly string[] = [];
  const first = tf.tidy(() => {
    const { gradients, parts } = lossGradients(loss, weights, part(tf.scalar(0, 'int32')), variables, scale);
    names = Object.keys(parts);
    const kept = Object.values(parts).map((tensor) => tf.clone(tensor));
    tf.dispose(Object.values(parts));
    return [...gradients, ...kept];
  });
  const sums = repeated(count - 1, first, (round, carried) => {
    const { gradients, parts } = lossGradients(
      loss,
      weights,
      part(tf.add(round, tf.scalar(1, 'int32'))),
      variables,
      scale,
    );
    const added = [...gradients, ...names.map((name) => parts[name] as tf.Tensor)].map((tensor, i) =>
      tf.add(carried[i] as tf.Tensor, tensor),
    );
    tf.dispose(Object.values(parts));
    return added;
  });
  const means = sums.map((sum) => tf.div(sum, count));
  return {
    gradients: means.slice(0, variables.length),
    parts: Object.fromEntries(names.map((name, i) => [name, means[variables.length + i] as tf.Tensor])),
  };
}

/** [n b, ...] -> [n, b, ...]; a scalar stays one. */
function inParts(name: string, tensor: tf.Tensor, count: number): tf.Tensor {
  const [rows, ...rest] = tensor.shape;
  if (rows === undefined) return tensor;
  if (rows % count !== 0) {
    throw new FgamError(
      'compile/bad-input',
      `${name}: expected rows in ${count} equal parts (microBatches), got ${rows}; pad the batch, or pass what all parts share as a weight`,
    );
  }
  return tf.reshape(tensor, [count, rows / count, ...rest]);
}
