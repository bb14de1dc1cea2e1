import type { TensorMap } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import type { QFormerModelConfig } from '../q-former-config.js';
import { weightOf } from '../tensors.js';
import { attention, mergeHeads, splitHeads } from './attention.js';
import { biasWhere } from './language-model.js';
import { layerNorm } from './layer-norm.js';
import { fusedLinear, linear } from './linear.js';
import { mlp } from './mlp.js';

/** A text that the queries are read beside: InstructBLIP's instruction. */
export interface QFormerText {
  /** [B, T] int32, of the Q-Former's own tokenizer. */
  readonly ids: tf.Tensor;
  /** [B, T] float32: 1 for tokens, 0 for padding. */
  readonly mask: tf.Tensor;
}

/** What of a config the queries depend on. */
export interface QFormerSizes {
  readonly qformer_config: Omit<
    QFormerModelConfig['qformer_config'],
    'vocab_size' | 'max_position_embeddings' | 'intermediate_size'
  >;
  readonly num_query_tokens: number;
}

/**
 * BLIP-2's querying transformer: learned queries that see each other (and an instruction's tokens) in every
 * layer and the image's tokens in every `cross_attention_frequency`-th, from the first; post-norm layers as
 * BERT's. Queries and text have feed-forward layers of their own.
 *
 * @param image - [B, N, Dv] float32
 * @returns the queries' last states [B, Q, Dq] float32
 * @throws FgamError `models/bad-weights` where a weight is missing
 * @example
 * ```ts
 * import { openFamily, parseQFormerConfig, qFormer } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * const tiny = { hidden_size: 8, intermediate_size: 8, num_hidden_layers: 2, num_attention_heads: 2 };
 * const vision_config = { ...tiny, image_size: 8, patch_size: 4 };
 * const text_config = { ...tiny, model_type: 'llama', vocab_size: 20 };
 * const sizes = { vision_config, qformer_config: tiny, text_config, num_query_tokens: 3 };
 * const json = { ...sizes, model_type: 'blip-2', image_token_index: 9 };
 * const weights = Object.fromEntries(
 *   openFamily(json).weightSpecs.map(({ name, shape, init }) => [
 *     name,
 *     'value' in init ? tf.fill([...shape], init.value) : tf.randomNormal([...shape], 0, init.std),
 *   ]),
 * );
 * const config = parseQFormerConfig(json, 'blip-2');
 * const image = tf.randomNormal([1, 5, 8]);
 * const queries = qFormer(weights, config, image);
 * // Queries look at a set of tokens: the image's order says nothing to them.
 * const again = qFormer(weights, config, tf.reverse(image, 1));
 * if (queries.shape.join() !== '1,3,8') throw new Error(queries.shape.join());
 * if (tf.max(tf.abs(tf.sub(queries, again))).dataSync()[0]! > 1e-4) throw new Error('order was seen');
 * ```
 */
export function qFormer(
  weights: TensorMap,
  config: QFormerSizes,
  image: tf.Tensor,
  text?: QFormerText,
): tf.Tensor {
  const { qformer_config: former, num_query_tokens: queries } = config;
  const { hidden_size: width, layer_norm_eps: epsilon, num_attention_heads: heads } = former;
  const [batch, seen, imageWidth] = image.shape as [number, number, number];
  const imageRows = tf.reshape(image, [batch * seen, imageWidth]);
  const own = tf.tile(weightOf(weights, 'query_tokens'), [batch, 1, 1]);
  const given = text === undefined ? own : tf.concat([own, textEmbeddings(weights, text)], 1);
  const length = given.shape[1] ?? 0;
  const bias = text === undefined ? undefined : instructionBias(text, queries);
  const shape = { batch, heads, epsilon };

  const feedForward = (part: string, layer: string, rows: tf.Tensor): tf.Tensor => {
    const names = [`${layer}.intermediate${part}.dense`, `${layer}.output${part}.dense`] as const;
    const sum = tf.add(mlp(weights, names, rows, former.hidden_act), rows);
    return layerNorm(weights, `${layer}.output${part}.LayerNorm`, sum, epsilon);
  };

  let x = layerNorm(weights, 'qformer.embeddings.layernorm', tf.reshape(given, [-1, width]), epsilon);
  const part = (rows: tf.Tensor, from: number, count: number): tf.Tensor =>
    tf.reshape(tf.slice(tf.reshape(rows, [batch, length, width]), [0, from, 0], [batch, count, width]), [
      -1,
      width,
    ]);
  for (let i = 0; i < former.num_hidden_layers; i++) {
    const layer = `qformer.encoder.layer.${i}`;
    const mixed = attend(weights, `${layer}.attention`, x, x, { ...shape, bias });
    const asked = text === undefined ? mixed : part(mixed, 0, queries);
    const isCross = i % former.cross_attention_frequency === 0;
    const seenBy = isCross ? attend(weights, `${layer}.crossattention`, asked, imageRows, shape) : asked;
    const answered = feedForward('_query', layer, seenBy);
    // Nothing looks at the text after the last layer.
    const isRead = text !== undefined && i < former.num_hidden_layers - 1;
    x = isRead
      ? joined(answered, feedForward('', layer, part(mixed, queries, length - queries)), batch)
      : answered;
  }
  return tf.reshape(x, [batch, queries, width]);
}

/** Words and their places: [B, T, Dq]. */
function textEmbeddings(weights: TensorMap, { ids }: QFormerText): tf.Tensor {
  const [batch, length] = ids.shape as [number, number];
  const table = weightOf(weights, 'qformer.embeddings.word_embeddings.weight');
  const places = weightOf(weights, 'qformer.embeddings.position_embeddings.weight');
  const width = table.shape[1] ?? 0;
  const words = tf.reshape(tf.gather(table, tf.reshape(ids, [-1])), [batch, length, width]);
  return tf.add(words, tf.slice(places, [0, 0], [length, width]));
}

/** [B, 1, 1, Q + T]: the padding of a text is not seen. */
function instructionBias({ mask }: QFormerText, queries: number): tf.Tensor {
  const [batch, length] = mask.shape as [number, number];
  const seen = tf.concat([tf.fill([batch, queries], 1), mask], 1);
  return tf.reshape(biasWhere(seen), [batch, 1, 1, queries + length]);
}

/** Rows of queries and of texts, sample by sample. */
function joined(queries: tf.Tensor, words: tf.Tensor, batch: number): tf.Tensor {
  const width = queries.shape[1] ?? 0;
  const parts = [queries, words].map((rows) => tf.reshape(rows, [batch, -1, width]));
  return tf.reshape(tf.concat(parts, 1), [-1, width]);
}

interface AttendOptions {
  readonly batch: number;
  readonly heads: number;
  readonly epsilon: number;
  readonly bias?: tf.Tensor | undefined;
}

/** norm(x + output(attention of x over y)): x [B Tx, Dq], y [B Ty, Dy] -> [B Tx, Dq]. */
function attend(
  weights: TensorMap,
  name: string,
  x: tf.Tensor,
  y: tf.Tensor,
  { batch, heads, epsilon, bias }: AttendOptions,
): tf.Tensor {
  const q = splitHeads(linear(weights, `${name}.attention.query`, x), batch, heads);
  const maps = [`${name}.attention.key`, `${name}.attention.value`];
  const kv = splitHeads(fusedLinear(weights, maps, y), batch, 2 * heads);
  const [k, v] = tf.split(kv, 2, 1) as [tf.Tensor, tf.Tensor];
  const output = linear(weights, `${name}.output.dense`, mergeHeads(attention(q, k, v, bias)));
  return layerNorm(weights, `${name}.output.LayerNorm`, tf.add(output, x), epsilon);
}
