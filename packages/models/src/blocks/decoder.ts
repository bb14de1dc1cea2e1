import type { TensorMap } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import type { LanguageConfig } from '../config.js';
import { expectShape, weightOf } from '../tensors.js';
import { mergeHeads, splitHeads } from './attention.js';
import { type Layer, type LayerOptions, runLayer, runPart } from './layer.js';
import { fusedLinear, linear } from './linear.js';
import { gatedLinear } from './mlp.js';
import { rmsNorm } from './rms-norm.js';
import { axialAngles, type RotaryAngles, rotaryAngles, rotate, sectionPairs } from './rotary.js';

const ROOT = 'language_model.model';

/**
 * How the tokens of one layer see each other: queries [B, H, T, d], keys and values [B, Hkv, T, d] (keys
 * already rotated) -> [B, H, T, d]. The one thing in which training, a prefix and cached decoding differ.
 * `constants` are those of {@link DecoderOptions}.
 */
export type Attend = (
  q: tf.Tensor,
  k: tf.Tensor,
  v: tf.Tensor,
  layer: number,
  constants: TensorMap,
) => tf.Tensor;

/** Options of {@link decoder}. */
export interface DecoderOptions extends LayerOptions {
  /**
   * Tensors that `attend` reads besides its arguments, such as masks: a layer that is
   * recomputed is handed them again.
   */
  readonly constants?: TensorMap;
  /** Is shown each layer's input [B T, D]: the embeddings first. For looking on, not for training. */
  readonly observe?: (state: tf.Tensor, layer: number) => void;
}

/**
 * LLaMA's decoder over embeddings, with the attention given: RMS norm, rotary grouped-query attention, SwiGLU.
 *
 * @param embeddings - [B, T, D] float32
 * @param positions - [B, T] int32, or [B, T, 3] for a config with `mrope_section`
 * @param attend - the attention of each layer
 * @param options - `constants` that `attend` is handed; `recompute` the layers in the backward pass
 * @returns last hidden state after the final norm, [B, T, D] float32
 * @throws FgamError `models/bad-shape` for positions [B, T] where a config wants [B, T, 3]
 * @example
 * ```ts
 * import { attention, causalBias, compactConfig, createWeights, decoder } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * const config = compactConfig({ text_config: { hidden_size: 8 } });
 * const weights = Object.fromEntries(
 *   Object.entries(createWeights(config, 1)).map(([name, w]) => [name, tf.tensor(w.data, [...w.shape])]),
 * );
 * const run = (last: number) =>
 *   decoder(
 *     weights,
 *     config,
 *     tf.concat([tf.ones([1, 2, 8]), tf.fill([1, 1, 8], last)], 1),
 *     tf.tensor2d([[0, 1, 2]], undefined, 'int32'),
 *     (q, k, v, _layer, { bias }) => attention(q, k, v, bias),
 *     { constants: { bias: causalBias(3) } },
 *   );
 * const [one, other] = [run(5), run(-5)].map((hidden) => tf.unstack(tf.reshape(hidden, [3, 8])));
 * const change = (t: number) => tf.max(tf.abs(tf.sub(one![t]!, other![t]!))).dataSync()[0]!;
 * // Causal: the last token changes its own state alone.
 * if (change(0) > 1e-6 || change(1) > 1e-6 || change(2) < 0.1) throw new Error(String(change(1)));
 * ```
 */
export function decoder(
  weights: TensorMap,
  config: LanguageConfig,
  embeddings: tf.Tensor,
  positions: tf.Tensor,
  attend: Attend,
  { constants = {}, observe, ...options }: DecoderOptions = {},
): tf.Tensor {
  const { text_config: text } = config;
  const [batch, length, width] = embeddings.shape as [number, number, number];
  const { cos, sin } = anglesOf(config, positions);
  const masks = Object.entries(constants).map(([key, tensor]) => [`attend/${key}`, tensor] as const);
  const shared = { ...Object.fromEntries(masks), 'rotary/cos': cos, 'rotary/sin': sin };
  const x: tf.Tensor = tf.reshape(embeddings, [batch * length, width]);
  const last = layers(weights, config, x, shared, { ...options, observe }, (qkv, layer, tensors) => {
    const own = Object.keys(constants).map((key) => [key, weightOf(tensors, `attend/${key}`)] as const);
    const angles = { cos: weightOf(tensors, 'rotary/cos'), sin: weightOf(tensors, 'rotary/sin') };
    const [q, k, v] = rotatedHeads(text, qkv, batch, angles);
    return mergeHeads(attend(q, k, v, layer, Object.fromEntries(own)));
  });
  return tf.reshape(last, [batch, length, width]);
}

/**
 * How the one new token of each row sees those before it, in one layer: queries, keys and values side by
 * side, not rotated, [B, (H + 2 Hkv) d] -> [B, H d].
 */
export type AttendCache = (qkv: tf.Tensor, layer: number) => tf.Tensor;

/**
 * The decoder over one new token a row, whose attention is over a cache that knows the tokens' positions.
 *
 * @param embeddings - [B, D] float32
 * @returns last hidden state after the final norm, [B, D] float32
 */
export function decoderStep(
  weights: TensorMap,
  config: LanguageConfig,
  embeddings: tf.Tensor,
  attend: AttendCache,
): tf.Tensor {
  return layers(weights, config, embeddings, {}, {}, attend);
}

/**
 * Angles of positions. Those in one row alone would be wrong for images without showing it,
 * where a config has sections.
 */
function anglesOf(config: LanguageConfig, positions: tf.Tensor): RotaryAngles {
  const { rope_theta: theta, mrope_section: sections } = config.text_config;
  const width = headWidth(config);
  if (sections === undefined) return rotaryAngles(positions, width, theta);
  expectShape('decoder: positions', positions, [-1, -1, sections.length]);
  return axialAngles(positions, sectionPairs(sections, width, theta));
}

/** Width of a head. */
export function headWidth({ text_config: text }: LanguageConfig): number {
  return text.hidden_size / text.num_attention_heads;
}

/** How a layer mixes tokens, handed the constants that it reads: [B T, (H + 2 Hkv) d] -> [B T, H d]. */
type Mix = (qkv: tf.Tensor, layer: number, constants: TensorMap) => tf.Tensor;

/** All layers and the final norm: [B T, D] -> [B T, D]. */
function layers(
  weights: TensorMap,
  { text_config: text }: LanguageConfig,
  x: tf.Tensor,
  constants: TensorMap,
  { observe, ...options }: LayerOptions & { readonly observe?: DecoderOptions['observe'] | undefined },
  mix: Mix,
): tf.Tensor {
  let state = x;
  for (let i = 0; i < text.num_hidden_layers; i++) {
    observe?.(state, i);
    const name = `${ROOT}.layers.${i}`;
    const layer: Layer = (input, tensors) => {
      const own = picked(tensors, Object.keys(constants));
      const attend = (qkv: tf.Tensor): tf.Tensor =>
        runPart(
          (given, handed) => mix(given, i, handed),
          { weights: {}, names: [], constants: own },
          qkv,
          options,
        );
      return decoderLayer(tensors, text, name, input, attend, options);
    };
    state = runLayer(layer, { weights, names: [name], constants }, state, options);
  }
  return rmsNorm(weights, `${ROOT}.norm`, state, text.rms_norm_eps);
}

function decoderLayer(
  weights: TensorMap,
  text: LanguageConfig['text_config'],
  name: string,
  x: tf.Tensor,
  mix: (qkv: tf.Tensor) => tf.Tensor,
  options: LayerOptions,
): tf.Tensor {
  const [norm1, norm2] = [`${name}.input_layernorm`, `${name}.post_attention_layernorm`];
  const projections = ['q_proj', 'k_proj', 'v_proj'].map((part) => `${name}.self_attn.${part}`);
  const [gate, up, down] = ['gate_proj', 'up_proj', 'down_proj'].map((part) => `${name}.mlp.${part}`) as [
    string,
    string,
    string,
  ];
  const run = (part: Layer, names: readonly string[], input: tf.Tensor): tf.Tensor =>
    runPart(part, { weights, names }, input, options);
  const projected = (norm: string, names: readonly string[], input: tf.Tensor): tf.Tensor =>
    run(
      (given, own) => fusedLinear(own, names, rmsNorm(own, norm, given, text.rms_norm_eps)),
      [norm, ...names],
      input,
    );
  const mixed = mix(projected(norm1, projections, x));
  const middle = tf.add(x, linear(weights, `${name}.self_attn.o_proj`, mixed));
  const inner = projected(norm2, [gate, up], middle);
  return tf.add(
    middle,
    run((given, own) => gatedLinear(own, down, given), [down], inner),
  );
}

function picked(tensors: TensorMap, names: readonly string[]): TensorMap {
  return Object.fromEntries(names.map((name) => [name, weightOf(tensors, name)]));
}

/** Queries and keys, rotated, and values: [B T, (H + 2 Hkv) d] -> [B, H or Hkv, T, d]. */
function rotatedHeads(
  text: LanguageConfig['text_config'],
  qkv: tf.Tensor,
  batch: number,
  angles: RotaryAngles,
): [tf.Tensor, tf.Tensor, tf.Tensor] {
  const [heads, keyHeads] = [text.num_attention_heads, text.num_key_value_heads];
  const all = splitHeads(qkv, batch, heads + 2 * keyHeads);
  const [both, v] = tf.split(all, [heads + keyHeads, keyHeads], 1) as [tf.Tensor, tf.Tensor];
  const [q, k] = tf.split(rotate(both, angles), [heads, keyHeads], 1) as [tf.Tensor, tf.Tensor];
  return [q, k, v];
}
