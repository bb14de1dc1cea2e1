import { type ModelConfig, parseConfig } from './config.js';
import { IMAGE_TOKEN_ID } from './tokenizer-specials.js';

/** Overrides of {@link compactConfig}: any part of a config; the stem is replaced as a whole. */
export interface CompactOverrides {
  readonly vision_config?: Partial<ModelConfig['vision_config']>;
  readonly text_config?: Partial<ModelConfig['text_config']>;
  readonly fgam?: Partial<ModelConfig['fgam']>;
  readonly projector_hidden_act?: ModelConfig['projector_hidden_act'];
  readonly vision_feature_layer?: number;
  readonly image_token_index?: number;
}

/**
 * The compact LLaVA-style model of the quickstart: 64 x 64 images, 64 vision tokens, 16 visual tokens in the language
 * model, about 1.5 M parameters.
 *
 * Overlapping 8 x 8 patches at stride 4 keep small objects whole; the connector's 2 x 2 merge keeps the prefix short.
 *
 * @throws FgamError `models/bad-config` when the overrides do not hold together
 * @example
 * ```ts
 * import { compactConfig, visionGrid } from '@fgam/models';
 *
 * const config = compactConfig({ text_config: { num_hidden_layers: 2 } });
 * const { num_hidden_layers: layers, hidden_size: width } = config.text_config;
 * if (layers !== 2 || width !== 128) throw new Error('expected the override, and the rest as it was');
 * // 64 / 8 tokens a side, 2 x 2 of them merged.
 * const { visionTokens, visualTokens } = visionGrid(config);
 * if (visionTokens !== 64 || visualTokens !== 16) throw new Error(`${visionTokens}, ${visualTokens}`);
 * ```
 */
export function compactConfig(overrides: CompactOverrides = {}): ModelConfig {
  return parseConfig({
    model_type: 'llava',
    projector_hidden_act: 'gelu',
    vision_feature_layer: -1,
    image_token_index: IMAGE_TOKEN_ID,
    ...overrides,
    vision_config: {
      image_size: 64,
      patch_size: 8,
      hidden_size: 128,
      intermediate_size: 512,
      num_hidden_layers: 3,
      num_attention_heads: 4,
      layer_norm_eps: 1e-5,
      hidden_act: 'gelu',
      ...overrides.vision_config,
    },
    text_config: {
      vocab_size: 160,
      hidden_size: 128,
      intermediate_size: 320,
      num_hidden_layers: 4,
      num_attention_heads: 4,
      rms_norm_eps: 1e-5,
      rope_theta: 10000,
      max_position_embeddings: 512,
      tie_word_embeddings: true,
      // The field's 0.02 is for wide models; at width 128 tied logits start too flat with it.
      initializer_range: 0.1,
      ...overrides.text_config,
    },
    fgam: {
      embed_dim: 64,
      relation_hidden_size: 128,
      relation_features: 'concatenation',
      stem: {
        kind: 'convolution',
        stages: [
          { kernel: 8, stride: 4, width: 64 },
          { kernel: 2, stride: 2, width: 128 },
        ],
      },
      connector_merge: 2,
      visual_prefix_bidirectional: true,
      text_pooling: 'mean',
      class_token: false,
      pre_layer_norm: false,
      post_layer_norm: true,
      ...overrides.fgam,
    },
  });
}
