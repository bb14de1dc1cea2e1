import { z } from 'zod';
import { badConfig, schemaFaults } from './bad-config.js';
import type { PatchMergerConfig } from './blocks/patch-merger-tower.js';
import { checkHeadWidth, checkText, divider } from './config-check.js';
import type { LanguageConfig } from './config.js';
import { activation, count } from './config-schema.js';

const EXPECTED = 'qwen2_vl: expected a Qwen2-VL config.json';

const id = z.int().nonnegative();
const theta = z.number().positive();
const rope = z.looseObject({
  rope_theta: theta.optional(),
  rope_type: z.enum(['default', 'mrope']).optional(),
  type: z.enum(['default', 'mrope']).optional(),
  mrope_section: z.tuple([count, count, count]).optional(),
});

/** Defaults are those of transformers' `Qwen2VLVisionConfig`. */
const visionSchema = z.object({
  depth: count.default(32),
  embed_dim: count.default(1280),
  hidden_size: count.default(3584),
  hidden_act: activation.default('quick_gelu'),
  mlp_ratio: z.number().positive().default(4),
  num_heads: count.default(16),
  patch_size: count.default(14),
  temporal_patch_size: count.default(2),
  spatial_merge_size: count.default(2),
  in_channels: z.literal(3).optional(),
  in_chans: z.literal(3).optional(),
  rope_parameters: z
    .object({ rope_theta: theta.default(10000), rope_type: z.enum(['axial', 'default']).optional() })
    .nullish(),
});

/** Defaults are those of transformers' `Qwen2VLTextConfig`. */
const textSchema = z.object({
  vocab_size: count.default(152064),
  hidden_size: count.default(8192),
  intermediate_size: count.default(29568),
  num_hidden_layers: count.default(80),
  num_attention_heads: count.default(64),
  num_key_value_heads: count.nullable().default(8),
  hidden_act: z.literal('silu').optional(),
  rms_norm_eps: z.number().positive().default(1e-5),
  rope_theta: theta.default(1e6),
  /** Of transformers 5, with the theta in it, and of 4, beside it. */
  rope_parameters: rope.nullish(),
  rope_scaling: rope.nullish(),
  max_position_embeddings: count.default(32768),
  tie_word_embeddings: z.boolean().default(false),
  initializer_range: z.number().positive().default(0.02),
  head_dim: count.nullish(),
  // Layers that see a window alone are refused, not ignored.
  use_sliding_window: z.literal(false).nullish(),
  layer_types: z.array(z.literal('full_attention')).nullish(),
});

const rootSchema = z.object({
  model_type: z.literal('qwen2_vl'),
  vision_config: visionSchema.prefault({}),
  text_config: textSchema,
  image_token_id: id.default(151655),
});

/** Qwen2-VL's `config.json`, complete and checked. */
export interface Qwen2VlConfig extends LanguageConfig {
  readonly vision_config: PatchMergerConfig;
  readonly image_token_id: number;
}

/**
 * Reads Qwen2-VL's `config.json`: that of the hub, in which the language model's keys stand beside the others
 * (transformers 4), and that with a `text_config` (5).
 *
 * @throws FgamError `models/bad-config` that lists every fault
 */
export function readQwen2VlConfig(json: unknown): Qwen2VlConfig {
  const given = typeof json === 'object' && json !== null ? json : {};
  const nested = 'text_config' in given ? given.text_config : undefined;
  const isFlat = nested === undefined || nested === null;
  const tied = 'tie_word_embeddings' in given && given.tie_word_embeddings === true;
  const text = isFlat ? given : nested;
  const parsed = rootSchema.safeParse({
    ...given,
    text_config: typeof text === 'object' && tied ? { ...text, tie_word_embeddings: true } : text,
  });
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => ({
      ...issue,
      path: isFlat && issue.path[0] === 'text_config' ? issue.path.slice(1) : issue.path,
    }));
    throw badConfig(EXPECTED, schemaFaults({ issues }));
  }
  const config = settled(parsed.data);
  const faults = [...checkText(config), ...checkHeadWidth(parsed.data.text_config), ...checkSizes(config)];
  if (faults.length > 0) throw badConfig(EXPECTED, faults);
  return config;
}

function settled({ vision_config: vision, text_config: text, image_token_id }: z.output<typeof rootSchema>) {
  const { rope_parameters: axial, ...sizes } = vision;
  // As in transformers: what an older file says of scaling comes first.
  const turns = text.rope_scaling ?? text.rope_parameters ?? {};
  return {
    vision_config: { ...sizes, rope_theta: axial?.rope_theta ?? 10000 },
    text_config: {
      vocab_size: text.vocab_size,
      hidden_size: text.hidden_size,
      intermediate_size: text.intermediate_size,
      num_hidden_layers: text.num_hidden_layers,
      num_attention_heads: text.num_attention_heads,
      num_key_value_heads: text.num_key_value_heads ?? text.num_attention_heads,
      rms_norm_eps: text.rms_norm_eps,
      rope_theta: turns.rope_theta ?? text.rope_theta,
      max_position_embeddings: text.max_position_embeddings,
      tie_word_embeddings: text.tie_word_embeddings,
      initializer_range: text.initializer_range,
      attention_bias: true,
      mrope_section: turns.mrope_section ?? ([16, 24, 24] as const),
    },
    image_token_id,
  } satisfies Qwen2VlConfig;
}

/** Faults between the sizes of the tower and the language model. */
function checkSizes({ vision_config: vision, text_config: text }: Qwen2VlConfig): string[] {
  const faults: string[] = [];
  divider(faults)(vision.embed_dim, 4 * vision.num_heads, 'vision_config.embed_dim by 4 * num_heads');
  if (!Number.isInteger(vision.embed_dim * vision.mlp_ratio))
    faults.push(`vision_config.mlp_ratio: expected a whole number of embed_dim's, got ${vision.mlp_ratio}`);
  if (vision.hidden_size !== text.hidden_size)
    faults.push(
      `vision_config.hidden_size: expected the language model's ${text.hidden_size}, got ${vision.hidden_size}`,
    );
  const pairs = text.hidden_size / text.num_attention_heads / 2;
  const sections = text.mrope_section ?? [];
  if (sections.reduce((a, b) => a + b, 0) !== pairs)
    faults.push(`mrope_section: expected a sum of ${pairs}, half of a head, got ${sections.join(' + ')}`);
  return faults;
}
