import { recomputed, type TensorMap } from '@fgam/compile';
import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * What is computed again for the gradient instead of being kept: `true`, all activations within a layer,
 * for the memory of one layer and of the hidden states between layers, and one more forward pass;
 * `'activations'`, what is made between products with weights (norms, scores, softmax, the activation
 * function), which is much to keep and cheap to compute (selective recomputation, Korthikanti et al.
 * 2022, arXiv:2205.05198).
 */
export type Recompute = boolean | 'activations';

/** How the layers of a transformer are run. */
export interface LayerOptions {
  /** Default false: nothing is computed again. */
  readonly recompute?: Recompute;
  /** Whether a weight is trained: what is computed again needs no gradient of the others. Default: all are. */
  readonly isTrained?: (name: string) => boolean;
}

/** A layer of a transformer: its input and the tensors that it reads, by name -> its output. */
export type Layer = (x: Tensor, tensors: TensorMap) => Tensor;

/** The tensors that a layer reads besides its input. */
export interface LayerTensors {
  readonly weights: TensorMap;
  /** The layer reads the weights below these names, and all of them. */
  readonly names: readonly string[];
  /** What else it reads, under names of their own; nothing that is trained. Default: nothing. */
  readonly constants?: TensorMap;
}

/**
 * Runs one layer of a transformer. A layer that is recomputed must close over no tensor: the tape keeps
 * only what it was handed.
 */
export function runLayer(
  layer: Layer,
  tensors: LayerTensors,
  x: Tensor,
  { recompute, isTrained }: LayerOptions,
): Tensor {
  return run(layer, tensors, x, recompute === true, isTrained);
}

/**
 * Runs a part of a layer that is cheap to compute but for a product with weights at its end, which
 * the gradient does not need.
 */
export function runPart(
  part: Layer,
  tensors: LayerTensors,
  x: Tensor,
  { recompute, isTrained }: LayerOptions,
): Tensor {
  return run(part, tensors, x, recompute === 'activations', isTrained);
}

function run(
  layer: Layer,
  { weights, names, constants = {} }: LayerTensors,
  x: Tensor,
  isRecomputed: boolean,
  isTrained: (name: string) => boolean = () => true,
): Tensor {
  const own = Object.entries(weights).filter(([weight]) =>
    names.some((name) => weight.startsWith(`${name}.`)),
  );
  const [trained, frozen] = [true, false].map((wanted) =>
    Object.fromEntries(own.filter(([weight]) => isTrained(weight) === wanted)),
  );
  const fixed = { ...frozen, ...constants };
  return isRecomputed ? recomputed(layer, x, trained, fixed) : layer(x, { ...trained, ...fixed });
}
