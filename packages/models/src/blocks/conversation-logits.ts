import type { TensorMap } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig } from '../config.js';
import { modelsError } from '../error.js';
import { expectShape, weightOf } from '../tensors.js';
import { attention, attentionScores, mixValues } from './attention.js';
import { connector } from './connector.js';
import { type Attend, decoder } from './decoder.js';
import type { LayerOptions } from './layer.js';
import { biasWhere, causalBias, tokenEmbeddings, tokenLogits } from './language-model.js';
import { visionTower } from './vision-tower.js';

/** Inputs of {@link conversationLogits}. */
export interface ConversationInputs {
  /** [B, S, S, 3] float32, -1..1. */
  readonly pixels: tf.Tensor;
  /** [B, T] int32: the segments of an image one after another. */
  readonly inputIds: tf.Tensor;
  /** [B, T] int32: equal numbers are one segment; 0 is padding. */
  readonly segmentIds: tf.Tensor;
  /** [B, T] int32: 0, 1, 2, ... from each segment's start. */
  readonly positions: tf.Tensor;
}

/** Options of {@link conversationLogits}. */
export interface ConversationOptions extends LayerOptions {
  /**
   * Promises that no segment crosses a multiple of this many tokens: attention costs T * (M + blockLength) and not
   * T * (M + T). Divides T. Default: T.
   */
  readonly blockLength?: number;
}

/**
 * Logits of packed conversations: one vision pass an image, its visual tokens a prefix that every segment sees; a
 * segment sees the prefix and itself, causally, never another segment.
 *
 * @returns [B, T, V] float32: entry t predicts token t + 1
 * @throws FgamError `models/bad-shape`
 * @example
 * ```ts
 * import { compactConfig, conversationLogits, createWeights } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * const vision_config = { image_size: 16, hidden_size: 8 };
 * const config = compactConfig({ vision_config, text_config: { hidden_size: 8 } });
 * const weights = Object.fromEntries(
 *   Object.entries(createWeights(config, 1)).map(([name, w]) => [name, tf.tensor(w.data, [...w.shape])]),
 * );
 * const row = (...ids: number[]) => tf.tensor2d([ids], undefined, 'int32');
 * // Two segments say the same of one image; neither sees the other.
 * const logits = conversationLogits(weights, config, {
 *   pixels: tf.fill([1, 16, 16, 3], 0.5),
 *   inputIds: row(41, 42, 41, 42),
 *   segmentIds: row(1, 1, 2, 2),
 *   positions: row(0, 1, 0, 1),
 * });
 * const [first, second] = tf.split(logits, 2, 1);
 * if (logits.shape.join() !== '1,4,160') throw new Error(logits.shape.join());
 * if (tf.max(tf.abs(tf.sub(first!, second!))).dataSync()[0]! > 1e-4) throw new Error('segments differ');
 * ```
 */
export function conversationLogits(
  weights: TensorMap,
  config: ModelConfig,
  inputs: ConversationInputs,
  options: ConversationOptions = {},
): tf.Tensor {
  const visual = connector(weights, config, visionTower(weights, config, inputs.pixels, options));
  const hidden = conversationHidden(weights, config, visual, inputs, options);
  return tokenLogits(weights, config, hidden);
}

/**
 * The last hidden state of packed segments after visual tokens, or, where those are undefined, of texts
 * without an image. Who sees whom is as in {@link conversationLogits}.
 *
 * @param visual - [B, M, D] float32, from `connector`
 * @param inputs - `inputIds`, `segmentIds`, `positions` [B, T] int32
 * @returns [B, T, D] float32, after the final norm; the visual tokens' own states are left out
 * @throws FgamError `models/bad-shape` for inputs of other shapes or a `blockLength` that does not divide T
 * @example
 * ```ts
 * import { compactConfig, conversationHidden, createWeights } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * const config = compactConfig({ text_config: { hidden_size: 8 } });
 * const weights = Object.fromEntries(
 *   Object.entries(createWeights(config, 1)).map(([name, w]) => [name, tf.tensor(w.data, [...w.shape])]),
 * );
 * const row = (...ids: number[]) => tf.tensor2d([ids], undefined, 'int32');
 * // Texts without an image: two equal segments have equal states, as neither sees the other.
 * const inputs = { inputIds: row(41, 42, 41, 42), segmentIds: row(1, 1, 2, 2), positions: row(0, 1, 0, 1) };
 * const hidden = conversationHidden(weights, config, undefined, inputs);
 * const [first, second] = tf.split(hidden, 2, 1);
 * if (hidden.shape.join() !== '1,4,8') throw new Error(hidden.shape.join());
 * if (tf.max(tf.abs(tf.sub(first!, second!))).dataSync()[0]! > 1e-5) throw new Error('segments differ');
 * ```
 */
export function conversationHidden(
  weights: TensorMap,
  config: ModelConfig,
  visual: tf.Tensor | undefined,
  inputs: Omit<ConversationInputs, 'pixels'>,
  options: ConversationOptions = {},
): tf.Tensor {
  const { inputIds, segmentIds, positions } = inputs;
  const [batch, length = 0] = inputIds.shape as [number, number];
  const [, prefix, width] = (visual?.shape ?? [batch, 0, 0]) as [number, number, number];
  for (const [name, tensor] of Object.entries({ inputIds, segmentIds, positions })) {
    expectShape(`conversationHidden: ${name}`, tensor, [visual?.shape[0] ?? batch, length]);
  }
  const block = options.blockLength ?? length;
  if (length % block !== 0) {
    throw modelsError(
      'models/bad-shape',
      `conversationHidden: expected blockLength to divide ${length} tokens, got ${block}; pad the segments to blocks`,
    );
  }
  if (visual === undefined)
    return decoder(weights, config, tokenEmbeddings(weights, inputIds), positions, blockAttention(block), {
      ...options,
      constants: { bias: segmentBias(segmentIds, block) },
    });
  const ofPrefix = prefixBias(config, prefix);
  const constants = {
    bias: segmentBias(segmentIds, block),
    ...(ofPrefix === undefined ? {} : { prefixBias: ofPrefix }),
  };
  const embeddings = tf.concat([visual, tokenEmbeddings(weights, inputIds)], 1);
  const places = tf.concat(
    [prefixPositions(batch, prefix), tf.add(positions, tf.scalar(prefix, 'int32'))],
    1,
  );
  const hidden = decoder(weights, config, embeddings, places, packedAttention(prefix, block), {
    ...options,
    constants,
  });
  return tf.slice(hidden, [0, prefix, 0], [batch, length, width]);
}

/** 0 .. M - 1 for each image, [B, M] int32. */
export function prefixPositions(batch: number, prefix: number): tf.Tensor {
  return tf.tile(tf.reshape(tf.range(0, prefix, 1, 'int32'), [1, prefix]), [batch, 1]);
}

/** How visual tokens see each other: both ways (no mask) or causally. */
export function prefixBias(config: ModelConfig, prefix: number): tf.Tensor | undefined {
  return config.fgam.visual_prefix_bidirectional ? undefined : causalBias(prefix);
}

/** [B, 1, T, L]: within its block of L tokens, a token sees those before it in its own segment. */
function segmentBias(segmentIds: tf.Tensor, block: number): tf.Tensor {
  const batch = segmentIds.shape[0] ?? 0;
  const rows = tf.reshape(segmentIds, [-1, block, 1]);
  const same = biasWhere(tf.equal(rows, tf.reshape(segmentIds, [-1, 1, block])));
  return tf.reshape(tf.minimum(same, causalBias(block)), [batch, 1, -1, block]);
}

/** Attention over a text without a prefix: each block sees itself. Its constant is `bias`. */
function blockAttention(block: number): Attend {
  return (q, k, v, _, constants) => {
    const bias = weightOf(constants, 'bias');
    const [batch, heads, length, width] = q.shape as [number, number, number, number];
    const keyHeads = k.shape[1] ?? 0;
    const group = heads / keyHeads;
    const blocks = (x: tf.Tensor) => tf.reshape(x, [batch * keyHeads, length / block, block, width]);
    const scaled = tf.mul(groupBlocks(q, keyHeads, group, block), width ** -0.5);
    const scores = ungroupBlocks(tf.matMul(scaled, blocks(k), false, true), heads, group, block);
    const weights = groupBlocks(tf.softmax(tf.add(scores, bias)), keyHeads, group, block);
    return ungroupBlocks(tf.matMul(weights, blocks(v)), heads, group, block);
  };
}

/**
 * Attention over [prefix; text]: the prefix sees itself, each block of the text sees the prefix and itself.
 * Its constants are `bias` and, where the prefix does not see itself whole, `prefixBias`.
 */
function packedAttention(prefix: number, block: number): Attend {
  return (q, k, v, _, constants) => {
    const bias = weightOf(constants, 'bias');
    const [batch, heads, total, width] = q.shape as [number, number, number, number];
    const keyHeads = k.shape[1] ?? 0;
    const length = total - prefix;
    const cut = (x: tf.Tensor) => tf.split(x, [prefix, length], 2) as [tf.Tensor, tf.Tensor];
    const [qPrefix, qText] = cut(q);
    const [kPrefix, kText] = cut(k);
    const [vPrefix, vText] = cut(v);
    const ofPrefix = attention(qPrefix, kPrefix, vPrefix, constants['prefixBias']);
    // Blocks of the text go with the batch: [B * Hkv * blocks, ...] in one product.
    const group = heads / keyHeads;
    const blocks = (x: tf.Tensor) => tf.reshape(x, [batch * keyHeads, length / block, block, width]);
    const [kBlocks, vBlocks] = [blocks(kText), blocks(vText)];
    const qBlocks = groupBlocks(qText, keyHeads, group, block);
    const inner = ungroupBlocks(
      tf.matMul(tf.mul(qBlocks, width ** -0.5), kBlocks, false, true),
      heads,
      group,
      block,
    );
    const outer = attentionScores(qText, kPrefix);
    const attentionWeights = tf.softmax(tf.concat([outer, tf.add(inner, bias)], 3));
    const [toPrefix, toText] = tf.split(attentionWeights, [prefix, block], 3) as [tf.Tensor, tf.Tensor];
    const fromText = tf.matMul(groupBlocks(toText, keyHeads, group, block), vBlocks);
    const fromPrefix = mixValues(toPrefix, vPrefix);
    const ofText = tf.add(fromPrefix, ungroupBlocks(fromText, heads, group, block));
    return tf.concat([ofPrefix, ofText], 2);
  };
}

/** [B, H, T, x] -> [B * Hkv, T / L, G * L, x]: the query heads of a group are rows beside each other. */
function groupBlocks(x: tf.Tensor, keyHeads: number, group: number, block: number): tf.Tensor {
  const [batch, , length, width] = x.shape as [number, number, number, number];
  const count = length / block;
  if (group === 1) return tf.reshape(x, [batch * keyHeads, count, block, width]);
  const cut = tf.reshape(x, [batch * keyHeads, group, count, block * width]);
  return tf.reshape(tf.transpose(cut, [0, 2, 1, 3]), [batch * keyHeads, count, group * block, width]);
}

/** The inverse of {@link groupBlocks}: [B * Hkv, T / L, G * L, x] -> [B, H, T, x]. */
function ungroupBlocks(x: tf.Tensor, heads: number, group: number, block: number): tf.Tensor {
  const [rows, count, , width] = x.shape as [number, number, number, number];
  const shape = [(rows * group) / heads, heads, count * block, width];
  if (group === 1) return tf.reshape(x, shape);
  const cut = tf.reshape(x, [rows, count, group, block * width]);
  return tf.reshape(tf.transpose(cut, [0, 2, 1, 3]), shape);
}
