import type { TensorMap } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import type { LanguageConfig } from '../config.js';
import { prefixPositions } from './conversation-logits.js';
import { unitRows } from './embeddings.js';
import { endedTexts } from './ended-texts.js';
import { biasWhere, causalBias, languageModel, tokenEmbeddings } from './language-model.js';
import type { LayerOptions } from './layer.js';
import { linear } from './linear.js';

/** Options of {@link globalImageEmbeddings} and {@link globalTextEmbeddings}. */
export interface GlobalEmbeddingOptions extends LayerOptions {
  /** The token that ends a text (EOS), at which the language model's state is read. */
  readonly endId: number;
}

/**
 * HACL's embeddings of images: the language model's last hidden state at EOS after an image's visual tokens,
 * projected, L2-normalised.
 *
 * @param visual - [B, M, D] float32, as the connector gives them: an MLP's (LLaVA) or a Q-Former's (MiniGPT-4)
 * @param options - `isBidirectional`: visual tokens see each other both ways, as a compact model's
 * prefix may. Default false
 * @returns [B, E] float32, unit rows
 * @throws FgamError `models/bad-weights` where a weight is missing
 * @see Jiang et al., Hallucination Augmented Contrastive Learning (CVPR 2024, arXiv 2312.06968)
 * @example
 * ```ts
 * import { compactConfig, createHaclWeights, createWeights, globalImageEmbeddings } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * const config = compactConfig({ text_config: { hidden_size: 8 } });
 * const host = { ...createWeights(config, 1), ...createHaclWeights(config, { embedDim: 4 }) };
 * const weights = Object.fromEntries(
 *   Object.entries(host).map(([name, w]) => [name, tf.tensor(w.data, [...w.shape])]),
 * );
 * // Two images of three visual tokens each, and token 1 that ends them.
 * const visual = tf.randomNormal([2, 3, 8]);
 * const embeddings = globalImageEmbeddings(weights, config, visual, { endId: 1 });
 * const [a = 0, b = 0] = tf.sum(tf.square(embeddings), 1).dataSync();
 * if (embeddings.shape.join() !== '2,4') throw new Error(embeddings.shape.join());
 * if (Math.abs(a - 1) > 1e-5 || Math.abs(b - 1) > 1e-5) throw new Error(`lengths ${a}, ${b}`);
 * ```
 */
export function globalImageEmbeddings(
  weights: TensorMap,
  config: LanguageConfig,
  visual: tf.Tensor,
  {
    endId,
    isBidirectional = false,
    ...options
  }: GlobalEmbeddingOptions & { readonly isBidirectional?: boolean },
): tf.Tensor {
  const [batch, count, width] = visual.shape as [number, number, number];
  const end = tokenEmbeddings(weights, tf.fill([batch, 1], endId, 'int32'));
  const hidden = languageModel(
    weights,
    config,
    {
      embeddings: tf.concat([visual, end], 1),
      positions: prefixPositions(batch, count + 1),
      bias: isBidirectional ? endBias(count) : causalBias(count + 1),
    },
    options,
  );
  const last = tf.reshape(tf.slice(hidden, [0, count, 0], [batch, 1, width]), [batch, width]);
  return unitRows(linear(weights, 'fgam.hacl_vision_projection', last));
}

/**
 * HACL's embeddings of texts: the language model's last hidden state at EOS after a text, without the image,
 * projected, L2-normalised.
 *
 * @param ids - [N, T] int32, padded on the right, without the token that ends them
 * @param mask - [N, T] float32, 1 on tokens of the text, 0 on padding
 * @returns [N, E] float32, unit rows
 * @throws FgamError `models/bad-weights` where a weight is missing
 * @example
 * ```ts
 * import { compactConfig, createHaclWeights, createWeights, globalTextEmbeddings } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * const config = compactConfig({ text_config: { hidden_size: 8 } });
 * const host = { ...createWeights(config, 1), ...createHaclWeights(config, { embedDim: 4 }) };
 * const weights = Object.fromEntries(
 *   Object.entries(host).map(([name, w]) => [name, tf.tensor(w.data, [...w.shape])]),
 * );
 * // One text with other padding: what follows its end is not seen.
 * const ids = tf.tensor2d([[41, 42, 0], [41, 42, 50]], undefined, 'int32');
 * const mask = tf.tensor2d([[1, 1, 0], [1, 1, 0]]);
 * const embeddings = globalTextEmbeddings(weights, config, ids, mask, { endId: 1 });
 * const [one, other] = tf.unstack(embeddings);
 * const [cosine = 0] = tf.dot(one!, other!).dataSync();
 * if (embeddings.shape.join() !== '2,4' || Math.abs(cosine - 1) > 1e-5) throw new Error(String(cosine));
 * ```
 */
export function globalTextEmbeddings(
  weights: TensorMap,
  config: LanguageConfig,
  ids: tf.Tensor,
  mask: tf.Tensor,
  { endId, ...options }: GlobalEmbeddingOptions,
): tf.Tensor {
  const texts = endedTexts(ids, mask, endId);
  const [count, length] = texts.ids.shape as [number, number];
  const embeddings = tokenEmbeddings(weights, texts.ids);
  const hidden = languageModel(
    weights,
    config,
    { embeddings, positions: prefixPositions(count, length) },
    options,
  );
  const last = tf.matMul(tf.reshape(texts.ends, [count, 1, length]), hidden);
  return unitRows(linear(weights, 'fgam.hacl_text_projection', tf.reshape(last, [count, -1])));
}

/** [M + 1, M + 1]: visual tokens see each other, the end sees all, none sees the end. */
function endBias(count: number): tf.Tensor {
  const length = count + 1;
  const seen = new Float32Array(length * length).fill(1);
  for (let row = 0; row < count; row++) seen[row * length + count] = 0;
  return biasWhere(tf.tensor2d(seen, [length, length]));
}
