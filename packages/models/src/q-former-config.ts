import { z } from 'zod';
import { badConfig, schemaFaults } from './bad-config.js';
import { checkHeadWidth, checkText, divider } from './config-check.js';
import { activation, count, textSchema } from './config-schema.js';
import { type LanguageConfig, settleText } from './config.js';

/** BLIP-2's vision tower; defaults are those of Hugging Face's `Blip2VisionConfig` and `InstructBlipVisionConfig`. */
const visionSchema = z.object({
  image_size: count.default(224),
  patch_size: count.default(14),
  hidden_size: count.default(1408),
  intermediate_size: count.default(6144),
  num_hidden_layers: count.default(39),
  num_attention_heads: count.default(16),
  layer_norm_eps: z.number().positive().default(1e-6),
  hidden_act: activation.default('gelu'),
  qkv_bias: z.boolean().default(true),
});

/** The Q-Former; defaults are those of Hugging Face's `Blip2QFormerConfig` and `InstructBlipQFormerConfig`. */
const formerSchema = z.object({
  vocab_size: count.default(30522),
  hidden_size: count.default(768),
  intermediate_size: count.default(3072),
  num_hidden_layers: count.default(12),
  num_attention_heads: count.default(12),
  max_position_embeddings: count.default(512),
  layer_norm_eps: z.number().positive().default(1e-12),
  hidden_act: activation.default('gelu'),
  cross_attention_frequency: count.default(2),
  // Variants that are not computed: refused, not ignored.
  position_embedding_type: z.literal('absolute').optional(),
  use_qformer_text_input: z.literal(false).optional(),
});

const TEXT_TYPES = 'expected "llama": other language models (OPT, T5) are not computed';

const schema = z.object({
  vision_config: visionSchema.prefault({}),
  qformer_config: formerSchema.prefault({}),
  // Without a model type transformers takes it for OPT's.
  text_config: textSchema.extend({ model_type: z.literal('llama', { error: TEXT_TYPES }) }),
  num_query_tokens: count.default(32),
  image_token_index: z.int('expected the id of the image token').nonnegative(),
});

/** A complete `config.json` of a model with a Q-Former: EVA's tower, the Q-Former, LLaMA. */
export type QFormerModelConfig = Omit<z.output<typeof schema>, 'text_config'> & LanguageConfig;

/**
 * Reads the `config.json` value of a model with a Q-Former, in the spellings of transformers 4 and 5.
 *
 * @param modelType - for the error
 * @throws FgamError `models/bad-config` that lists every fault
 * @example
 * ```ts
 * import { parseQFormerConfig } from '@fgam/models';
 *
 * // What is not said is as in Hugging Face's classes: 32 queries over a tower 1408 wide.
 * const text_config = { model_type: 'llama', vocab_size: 32001 };
 * const config = parseQFormerConfig({ text_config, image_token_index: 32000 }, 'blip-2');
 * const { num_query_tokens: queries, vision_config: vision } = config;
 * if (queries !== 32 || vision.hidden_size !== 1408) throw new Error(`${queries}, ${vision.hidden_size}`);
 * ```
 */
export function parseQFormerConfig(json: unknown, modelType: string): QFormerModelConfig {
  const expected = `parseQFormerConfig: expected a config.json of ${modelType}`;
  const parsed = schema.safeParse(respelled(json));
  if (!parsed.success) throw badConfig(expected, schemaFaults(parsed.error));
  const config = { ...parsed.data, text_config: settleText(parsed.data.text_config) };
  const { vision_config: vision, qformer_config: former, text_config: text } = config;
  const faults: string[] = [...checkText(config), ...checkHeadWidth(parsed.data.text_config)];
  const divides = divider(faults);
  divides(vision.image_size, vision.patch_size, 'vision_config.image_size by patch_size');
  divides(vision.hidden_size, vision.num_attention_heads, 'vision_config.hidden_size by num_attention_heads');
  divides(
    former.hidden_size,
    former.num_attention_heads,
    'qformer_config.hidden_size by num_attention_heads',
  );
  if (config.image_token_index >= text.vocab_size)
    faults.push(
      `image_token_index: expected less than vocab_size ${text.vocab_size}, got ${config.image_token_index}`,
    );
  if (faults.length > 0) throw badConfig(expected, faults);
  return config;
}

/** The image token by either of its names, and tying where transformers 4 has it. */
function respelled(json: unknown): unknown {
  if (typeof json !== 'object' || json === null) return json;
  const given = json as Readonly<Record<string, unknown>>;
  const text = given['text_config'];
  const isTied = typeof text === 'object' && text !== null && given['tie_word_embeddings'] === true;
  return {
    ...given,
    image_token_index: given['image_token_index'] ?? given['image_token_id'],
    text_config: isTied ? { ...text, tie_word_embeddings: true } : text,
  };
}
