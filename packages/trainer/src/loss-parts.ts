import type { TensorMap } from '@fgam/compile';
import { type LayerOptions, type ModelConfig, textEmbeddings } from '@fgam/models';
import type * as tf from '@tensorflow/tfjs-core';
import type { LossWeights } from './loss-weights.js';
import { rowsOf } from './tensors.js';

/** Options of `compositeLoss`, the one loss of the trainer's steps. */
export interface CompositeLossOptions extends LayerOptions {
  readonly config: ModelConfig;
  readonly weights: LossWeights;
  /** Length of the blocks that no segment crosses, by the row length T of a batch. */
  readonly blockLengths: ReadonlyMap<number, number>;
  /** Wrong descriptions are columns of the region-text loss, seen by every region. Default false. */
  readonly negativeColumns?: boolean;
  /** Of the distributions that distillation compares. Default 1. */
  readonly temperature?: number;
  /** The token that ends a text, for HACL. Default 0. */
  readonly endId?: number;
}

/** A batch as the parts of the loss read it. */
export interface PartInputs {
  readonly options: CompositeLossOptions;
  readonly weights: TensorMap;
  readonly inputs: TensorMap;
  /** Visual tokens [B, M, D] of the language model; none without images. */
  readonly visual: () => tf.Tensor | undefined;
  /** Tokens [B, N, D] of the vision tower. */
  readonly seen: () => tf.Tensor;
}

/** Parts of the loss, unweighted, and what is reported beside them; scalars float32. */
export interface LossParts {
  readonly parts: Partial<Record<keyof LossWeights, tf.Tensor>>;
  readonly figures: Readonly<Record<string, tf.Tensor>>;
}

/** Of a batch that lacks a part's inputs, or a part without a weight. */
export const NOTHING: LossParts = { parts: {}, figures: {} };

/** Embeddings of texts [..., T], one row a text. */
export function embedTexts(
  { config, recompute = false }: CompositeLossOptions,
  weights: TensorMap,
  ids: tf.Tensor,
  mask: tf.Tensor,
): tf.Tensor {
  return textEmbeddings(weights, config, rowsOf(ids), rowsOf(mask), { recompute });
}

/** What is made where it is first asked for, and once. */
export function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
