import { z } from 'zod';

/** A whole number from 1. */
export const count = z.int().positive();
/** Activations that are computed. */
export const activation = z.enum(['gelu', 'quick_gelu', 'gelu_new', 'gelu_pytorch_tanh', 'silu', 'relu']);

/** CLIP's vision tower; defaults are those of Hugging Face's `CLIPVisionConfig`. */
export const visionSchema = z.object({
  model_type: z.literal('clip_vision_model').default('clip_vision_model'),
  image_size: count.default(224),
  patch_size: count.default(32),
  hidden_size: count.default(768),
  intermediate_size: count.default(3072),
  num_hidden_layers: count.default(12),
  num_attention_heads: count.default(12),
  layer_norm_eps: z.number().positive().default(1e-5),
  hidden_act: activation.default('quick_gelu'),
  num_channels: z.literal(3).optional(),
});

/** LLaMA's decoder; defaults are those of Hugging Face's `LlamaConfig`. */
export const textSchema = z.object({
  model_type: z.literal('llama').default('llama'),
  vocab_size: count.default(32000),
  hidden_size: count.default(4096),
  intermediate_size: count.default(11008),
  num_hidden_layers: count.default(32),
  num_attention_heads: count.default(32),
  num_key_value_heads: count.nullish(),
  hidden_act: z.literal('silu').optional(),
  rms_norm_eps: z.number().positive().default(1e-6),
  rope_theta: z.number().positive().default(10000),
  max_position_embeddings: count.default(2048),
  tie_word_embeddings: z.boolean().default(false),
  initializer_range: z.number().positive().default(0.02),
  /** Where transformers 5 writes `rope_theta`. */
  rope_parameters: z
    .object({
      rope_theta: z.number().positive().optional(),
      rope_type: z.literal('default').default('default'),
    })
    .optional(),
  // Variants of LLaMA that this package does not compute: refused, not ignored.
  rope_scaling: z.null().optional(),
  attention_bias: z.literal(false).optional(),
  mlp_bias: z.literal(false).optional(),
  head_dim: count.nullish(),
});

/** How pixels become the vision tower's first tokens; every kind ends with `hidden_size` channels. */
export const stemSchema = z.discriminatedUnion('kind', [
  /** One linear map of each `patch_size` x `patch_size` patch (ViT, CLIP). */
  z.strictObject({ kind: z.literal('patch') }),
  /** Non-overlapping merges: each stage joins `merge` x `merge` cells, then linear and GELU. */
  z.strictObject({
    kind: z.literal('hierarchical'),
    stages: z.array(z.strictObject({ merge: count, width: count })).min(1),
  }),
  /** Convolutions with GELU; the padding keeps the output at input / stride. `kernel` >= `stride`. */
  z.strictObject({
    kind: z.literal('convolution'),
    stages: z.array(z.strictObject({ kernel: count, stride: count, width: count })).min(1),
  }),
]);

/** The relation head as a transformer, `relation_hidden_size` wide; names are those of Hugging Face's encoders. */
const relationTransformerSchema = z.strictObject({
  num_hidden_layers: count.default(1),
  num_attention_heads: count.default(4),
  intermediate_size: count.default(512),
  layer_norm_eps: z.number().positive().default(1e-5),
  hidden_act: activation.default('gelu'),
});

/** CLIP's text tower; names and defaults are those of Hugging Face's `CLIPTextConfig`. */
export const clipTextSchema = z.strictObject({
  model_type: z.literal('clip_text_model').default('clip_text_model'),
  vocab_size: count.default(49408),
  hidden_size: count.default(512),
  intermediate_size: count.default(2048),
  projection_dim: count.default(512),
  num_hidden_layers: count.default(12),
  num_attention_heads: count.default(8),
  max_position_embeddings: count.default(77),
  layer_norm_eps: z.number().positive().default(1e-5),
  hidden_act: activation.default('quick_gelu'),
  /** The token that ends a text, whose state stands for it. */
  eos_token_id: z.int().nonnegative().default(49407),
});

/** A Q-Former whose queries become the visual tokens; names are those of Hugging Face's `Blip2QFormerConfig`. */
const qFormerSchema = z.strictObject({
  num_query_tokens: count.default(16),
  hidden_size: count.default(128),
  intermediate_size: count.default(256),
  num_hidden_layers: count.default(2),
  num_attention_heads: count.default(4),
  cross_attention_frequency: count.default(2),
  layer_norm_eps: z.number().positive().default(1e-12),
  hidden_act: activation.default('gelu'),
});

/** What FGAM adds to LLaVA: stage 1's heads, the compact stem and the layout of the visual prefix. */
export const fgamSchema = z.strictObject({
  /** Width E of stage 1's shared space of regions, images and texts. */
  embed_dim: count.default(256),
  /** Hidden width of the relation head. */
  relation_hidden_size: count.default(256),
  /** Input of the relation head: `[v_i; v_j]`, or with product and difference beside it. */
  relation_features: z.enum(['concatenation', 'interactive']).default('concatenation'),
  /** The relation head is a transformer over those parts, each a token. Without it: a two-layer MLP. */
  relation_transformer: relationTransformerSchema.exactOptional(),
  /** Texts of stage 1 are read by a tower of their own. Without it: by the language model. */
  text_tower: clipTextSchema.exactOptional(),
  /** Width of the space in which HACL compares images and texts. Without it: no such heads. */
  hacl_embed_dim: count.exactOptional(),
  /** Hidden width of the detection head's boxes. Without it: no such head. */
  box_hidden_size: count.exactOptional(),
  stem: stemSchema.default({ kind: 'patch' }),
  /** 2 joins 2 x 2 vision tokens before the connector: a quarter of the visual tokens. */
  connector_merge: z.union([z.literal(1), z.literal(2)]).default(1),
  /** The connector is a Q-Former and a linear map, as MiniGPT-4 has it. Without it: LLaVA's two-layer MLP. */
  q_former: qFormerSchema.exactOptional(),
  /** Visual tokens see each other both ways in the language model, not causally. */
  visual_prefix_bidirectional: z.boolean().default(false),
  /** Which last hidden state stands for a text: the mean over its tokens or its last token's. */
  text_pooling: z.enum(['mean', 'last']).default('last'),
  /** CLIP's class token (dropped again after the tower). */
  class_token: z.boolean().default(true),
  /** CLIP's layer norm before the encoder. */
  pre_layer_norm: z.boolean().default(true),
  /** A layer norm on the tokens after the encoder (LLaVA reads them without). */
  post_layer_norm: z.boolean().default(false),
});

/** `config.json` of a LLaVA-style model, as Hugging Face names it, and the `fgam` block. */
export const configSchema = z.object({
  model_type: z.literal('llava'),
  vision_config: visionSchema,
  text_config: textSchema,
  projector_hidden_act: activation.default('gelu'),
  vision_feature_layer: z.int().default(-2),
  /** `full` keeps the class token. Default: `default`, without it. */
  vision_feature_select_strategy: z.enum(['default', 'full']).optional(),
  // A projector without biases is refused, not ignored.
  multimodal_projector_bias: z.literal(true).optional(),
  image_token_index: z.int().nonnegative().default(32000),
  fgam: fgamSchema.prefault({}),
});
