import { recomputed, type TensorMap } from '@fgam/compile';
import type { Tensor } from '@tensorflow/tfjs-core';

/** How the layers of a transformer are run. */
export interface LayerOptions {
  /**
   * Compute a layer's activations again for its gradient instead of keeping them: the memory of one layer and of the hidden states
   * between layers, for one more forward pass. Default false.
   */
  readonly recompute?: boolean;
}

/** A layer of a transformer: its input and the tensors that it reads, by name -> its output. */
export type Layer = (x: Tensor, tensors: TensorMap) => Tensor;

/**
 * Runs one layer of a transformer.
 *
 * @param name - of the layer, which reads the weights below that name alone
 * @param constants - what else it reads, under names of their own; nothing that is trained. A layer that is recomputed must
 *   close over no tensor: the tape keeps only what it was handed.
 */
export function runLayer(
  layer: Layer,
  { weights, name, constants }: { weights: TensorMap; name: string; constants: TensorMap },
  x: Tensor,
  { recompute = false }: LayerOptions,
): Tensor {
  const own = Object.entries(weights).filter(([weight]) => weight.startsWith(`${name}.`));
  const trained = Object.fromEntries(own);
  return recompute ? recomputed(layer, x, trained, constants) : layer(x, { ...trained, ...constants });
}
