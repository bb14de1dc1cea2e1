import { recomputed, type TensorMap } from '@fgam/compile';
import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * What is computed again for the gradient instead of being kept: `true`, all activations within a layer, for the memory of one layer and of the hidden states
 * between layers, and one more forward pass; `'activations'`, what is made between products with weights (norms, scores, softmax, the activation
 * function), which is much to keep and cheap to compute (selective recomputation, Korthikanti et al. 2022, arXiv:2205.05198).
 */
export type Recompute = boolean | 'activations';

/** How the layers of a transformer are run. */
export interface LayerOptions {
  /** Default false: nothing is computed again. */
  readonly recompute?: Recompute;
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
 * Runs one layer of a transformer. A layer that is recomputed must close over no tensor: the tape keeps only what it was handed.
 */
export function runLayer(
  layer: Layer,
  tensors: LayerTensors,
  x: Tensor,
  { recompute }: LayerOptions,
): Tensor {
  return run(layer, tensors, x, recompute === true);
}

/** Runs a part of a layer that is cheap to compute but for a product with weights at its end, which the gradient does not need. */
export function runPart(part: Layer, tensors: LayerTensors, x: Tensor, { recompute }: LayerOptions): Tensor {
  return run(part, tensors, x, recompute === 'activations');
}

function run(
  layer: Layer,
  { weights, names, constants = {} }: LayerTensors,
  x: Tensor,
  isRecomputed: boolean,
): Tensor {
  const own = Object.entries(weights).filter(([weight]) =>
    names.some((name) => weight.startsWith(`${name}.`)),
  );
  const trained = Object.fromEntries(own);
  return isRecomputed ? recomputed(layer, x, trained, constants) : layer(x, { ...trained, ...constants });
}
