import type { z } from 'zod';
import { badConfig, schemaFaults } from './bad-config.js';
import { checkConfig, checkHeadWidth } from './config-check.js';
import { configSchema } from './config-schema.js';

type Parsed = z.output<typeof configSchema>;

const EXPECTED = 'parseConfig: expected a LLaVA config.json';

/** Keys that are read, checked and then said by others. */
type Settled =
  | 'rope_parameters'
  | 'rope_scaling'
  | 'attention_bias'
  | 'mlp_bias'
  | 'head_dim'
  | 'hidden_act'
  | 'num_key_value_heads';

/** A LLaVA-style model's `config.json`, complete and checked. */
export type ModelConfig = Omit<Parsed, 'text_config' | 'vision_config' | 'multimodal_projector_bias'> & {
  readonly vision_config: Omit<Parsed['vision_config'], 'num_channels'>;
  readonly text_config: Omit<Parsed['text_config'], Settled> & { readonly num_key_value_heads: number };
};

/** The part of a config that the language model's blocks read, whatever sees for it. */
export interface LanguageConfig {
  readonly text_config: Omit<ModelConfig['text_config'], 'model_type'> & {
    /** Queries, keys and values have biases (Qwen2). Default false. */
    readonly attention_bias?: boolean;
    /**
     * Pairs of a head that turn by time, by row and by column of visual tokens (M-RoPE of Qwen2-VL).
     * Default: all by one position.
     */
    readonly mrope_section?: readonly [time: number, row: number, column: number];
  };
}

/** Name of an activation function, as in Hugging Face's configs. */
export type Activation = ModelConfig['projector_hidden_act'];

/** Sizes of a CLIP text tower, as Hugging Face calls them. */
export type ClipTextConfig = NonNullable<ModelConfig['fgam']['text_tower']>;

/** The stem of the vision tower: how pixels become tokens. */
export type StemConfig = ModelConfig['fgam']['stem'];

/**
 * Reads a `config.json` value: Hugging Face's LLaVA names with Hugging Face's defaults, and the `fgam` block.
 *
 * Keys that this package does not know are ignored outside the `fgam` block (see {@link ignoredConfigKeys}) and
 * refused inside it.
 *
 * @throws FgamError `models/bad-config` that lists every fault at once
 *
 * @example
 * ```ts
 * import { compactConfig, parseConfig } from '@fgam/models';
 *
 * const config = parseConfig(JSON.parse(JSON.stringify(compactConfig())));
 * if (config.vision_config.image_size !== 64) throw new Error('unexpected image size');
 * ```
 */
export function parseConfig(json: unknown): ModelConfig {
  const parsed = configSchema.safeParse(json);
  if (!parsed.success) throw badConfig(EXPECTED, schemaFaults(parsed.error));
  const config = settle(parsed.data);
  const faults = [...checkConfig(config), ...checkHeadWidth(parsed.data.text_config)];
  if (faults.length > 0) throw badConfig(EXPECTED, faults);
  return config;
}

function settle(given: Parsed): ModelConfig {
  const config: Parsed = { ...given, vision_config: { ...given.vision_config } };
  delete config.multimodal_projector_bias;
  delete config.vision_config.num_channels;
  return { ...config, text_config: settleText(given.text_config) };
}

/** LLaMA's part of a config, complete: what says the same twice is said once. */
export function settleText(text: Parsed['text_config']): ModelConfig['text_config'] {
  return {
    model_type: text.model_type,
    vocab_size: text.vocab_size,
    hidden_size: text.hidden_size,
    intermediate_size: text.intermediate_size,
    num_hidden_layers: text.num_hidden_layers,
    num_attention_heads: text.num_attention_heads,
    num_key_value_heads: text.num_key_value_heads ?? text.num_attention_heads,
    rms_norm_eps: text.rms_norm_eps,
    rope_theta: text.rope_parameters?.rope_theta ?? text.rope_theta,
    max_position_embeddings: text.max_position_embeddings,
    tie_word_embeddings: text.tie_word_embeddings,
    initializer_range: text.initializer_range,
  };
}

/**
 * Paths of the keys of a `config.json` value that {@link parseConfig} does not read, such as `torch_dtype`.
 *
 * @example
 * ```ts
 * import { compactConfig, ignoredConfigKeys } from '@fgam/models';
 *
 * const config = compactConfig();
 * const text_config = { ...config.text_config, use_cache: true };
 * const ignored = ignoredConfigKeys({ ...config, text_config, torch_dtype: 'float16' });
 * if (ignored.join() !== 'torch_dtype,text_config.use_cache') throw new Error(ignored.join());
 * ```
 */
export function ignoredConfigKeys(json: unknown): readonly string[] {
  const known = configSchema.shape;
  const ignored = unknownKeys(json, Object.keys(known), '');
  for (const part of ['vision_config', 'text_config'] as const) {
    const value = isRecord(json) ? json[part] : undefined;
    ignored.push(...unknownKeys(value, Object.keys(known[part].shape), `${part}.`));
  }
  return ignored;
}

function unknownKeys(value: unknown, known: readonly string[], prefix: string): string[] {
  if (!isRecord(value)) return [];
  return Object.keys(value)
    .filter((key) => !known.includes(key))
    .map((key) => prefix + key);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
