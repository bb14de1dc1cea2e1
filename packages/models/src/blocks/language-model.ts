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
 * @throws FgamError `models/bad-weights` where a weight is missing
 * @example
 * ```ts
 * import { compactConfig, createWeights, languageModel, tokenEmbeddings } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * const config = compactConfig({ text_config: { hidden_size: 8 } });
 * const weights = Object.fromEntries(
 *   Object.entries(createWeights(config, 1)).map(([name, w]) => [name, tf.tensor(w.data, [...w.shape])]),
 * );
 * const ids = tf.tensor2d([[41, 42, 43]], undefined, 'int32');
 * const positions = tf.tensor2d([[0, 1, 2]], undefined, 'int32');
 * const hidden = languageModel(weights, config, { embeddings: tokenEmbeddings(weights, ids), positions });
 * // The final norm, whose weight is new and 1, leaves a mean square of 1.
 * const [square = 0] = tf.mean(tf.square(hidden)).dataSync();
 * if (hidden.shape.join() !== '1,3,8' || Math.abs(square - 1) > 1e-3) throw new Error(String(square));
 * ```
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

/**
 * Embeddings of token ids: rows of the table `language_model.model.embed_tokens.weight` [V, D].
 *
 * @param ids - [B, T] int32, 0..V-1
 * @returns [B, T, D] float32
 * @throws FgamError `models/bad-weights` where there is no table
 * @example
 * ```ts
 * import { tokenEmbeddings } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * const weights = { 'language_model.model.embed_tokens.weight': tf.tensor2d([[0, 1], [2, 3], [4, 5]]) };
 * const embeddings = tokenEmbeddings(weights, tf.tensor2d([[2, 0]], undefined, 'int32'));
 * if (embeddings.shape.join() !== '1,2,2') throw new Error(embeddings.shape.join());
 * if (embeddings.dataSync().join() !== '4,5,0,1') throw new Error(embeddings.dataSync().join());
 * ```
 */
export function tokenEmbeddings(weights: TensorMap, ids: tf.Tensor): tf.Tensor {
  const table = weightOf(weights, 'language_model.model.embed_tokens.weight');
  const rows = tf.gather(table, tf.reshape(ids, [-1]));
  return tf.reshape(rows, [...ids.shape, table.shape[1] ?? 0]);
}

/**
 * Logits of the next token: hidden W^T, W [V, D] the head, or the embedding table where they are tied,
 * if there is none in 8 bits.
 *
 * @param hidden - [..., D] float32, after the final norm
 * @returns [..., V] float32
 * @throws FgamError `models/bad-weights` where there is no head
 * @example
 * ```ts
 * import { compactConfig, tokenLogits } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * // The compact model's head is its embedding table.
 * const weights = { 'language_model.model.embed_tokens.weight': tf.tensor2d([[1, 0], [0, 1], [1, 1]]) };
 * const logits = tokenLogits(weights, compactConfig(), tf.tensor3d([[[3, 4]]]));
 * if (logits.shape.join() !== '1,1,3') throw new Error(logits.shape.join());
 * if (logits.dataSync().join() !== '3,4,7') throw new Error(logits.dataSync().join());
 * ```
 */
export function tokenLogits(weights: TensorMap, config: LanguageConfig, hidden: tf.Tensor): tf.Tensor {
  const own = 'language_model.lm_head.weight';
  const tied = config.text_config.tie_word_embeddings && weights[own] === undefined;
  const head = weightOf(weights, tied ? 'language_model.model.embed_tokens.weight' : own);
  const rows = tf.reshape(hidden, [-1, head.shape[1] ?? 0]);
  return tf.reshape(tf.matMul(rows, head, false, true), [...hidden.shape.slice(0, -1), head.shape[0] ?? 0]);
}

/**
 * Additive mask [T, T] float32 under which a token sees itself and those before it: 0 where seen, -1e9 where
 * not.
 *
 * @example
 * ```ts
 * import { causalBias } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * // Added to equal scores it leaves each token an equal share of what it sees.
 * const shares = tf.softmax(tf.add(tf.zeros([2, 2]), causalBias(2)));
 * if (shares.dataSync().join() !== '1,0,0.5,0.5') throw new Error(shares.dataSync().join());
 * ```
 */
export function causalBias(length: number): tf.Tensor2D {
  const bias = new Float32Array(length * length);
  for (let row = 0; row < length; row++) bias.fill(HIDDEN, row * length + row + 1, (row + 1) * length);
  return tf.tensor2d(bias, [length, length]);
}

/** Additive mask from a condition: 0 where it holds. */
export function biasWhere(seen: tf.Tensor): tf.Tensor {
  return tf.mul(tf.sub(1, tf.cast(seen, 'float32')), HIDDEN);
}
