import type { TensorMap } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import type { LanguageConfig } from '../config.js';
import { weightOf } from '../tensors.js';
import { attention } from './attention.js';
import { type Attend, decoder, type DecoderOptions } from './decoder.js';

/** What is added to a score that must not count: exp of it is 0 in float32, and no infinity meets another. */
const HIDDEN = -1e9;

/** Inputs of {@link languageModel}. */
export interface LanguageModelInputs {
  /** [B, T, D] float32. */
  readonly embeddings: tf.Tensor;
  /** [B, T] int32, or [B, T, 3] for a config with `mrope_section`. */
  readonly positions: tf.Tensor;
  /** Additive mask that broadcasts to [B, H, T, T]; causal without one. */
  readonly bias?: tf.Tensor;
}

/**
 * The language model over embeddings.
 *
 * @param options - whether to `recompute` its layers in the backward pass; who may `observe` them
 * @returns last hidden state after the final norm, [B, T, D] float32
 */
export function languageModel(
  weights: TensorMap,
  config: LanguageConfig,
  inputs: LanguageModelInputs,
  options: Omit<DecoderOptions, 'constants'> = {},
): tf.Tensor {
  const { embeddings, positions, bias = causalBias(embeddings.shape[1] ?? 0) } = inputs;
  const attend: Attend = (q, k, v, _, constants) => attention(q, k, v, constants['bias']);
  return decoder(weights, config, embeddings, positions, attend, { ...options, constants: { bias } });
}

/** Embeddings of token ids: [B, T] int32 -> [B, T, D] float32. */
export function tokenEmbeddings(weights: TensorMap, ids: tf.Tensor): tf.Tensor {
  const table = weightOf(weights, 'language_model.model.embed_tokens.weight');
  const rows = tf.gather(table, tf.reshape(ids, [-1]));
  return tf.reshape(rows, [...ids.shape, table.shape[1] ?? 0]);
}

/**
 * Logits of the next token: hidden [..., D] -> [..., V] float32; the head is the embedding table where tied,
 * if there is none in 8 bits.
 */
export function tokenLogits(weights: TensorMap, config: LanguageConfig, hidden: tf.Tensor): tf.Tensor {
  const own = 'language_model.lm_head.weight';
  const tied = config.text_config.tie_word_embeddings && weights[own] === undefined;
  const head = weightOf(weights, tied ? 'language_model.model.embed_tokens.weight' : own);
  const rows = tf.reshape(hidden, [-1, head.shape[1] ?? 0]);
  return tf.reshape(tf.matMul(rows, head, false, true), [...hidden.shape.slice(0, -1), head.shape[0] ?? 0]);
}

/** Additive mask [T, T] float32 under which a token sees itself and those before it. */
export function causalBias(length: number): tf.Tensor2D {
  const bias = new Float32Array(length * length);
  for (let row = 0; row < length; row++) bias.fill(HIDDEN, row * length + row + 1, (row + 1) * length);
  return tf.tensor2d(bias, [length, length]);
}

/** Additive mask from a condition: 0 where it holds. */
export function biasWhere(seen: tf.Tensor): tf.Tensor {
  return tf.mul(tf.sub(1, tf.cast(seen, 'float32')), HIDDEN);
}
