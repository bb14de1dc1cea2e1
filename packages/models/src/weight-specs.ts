import type { LanguageConfig, ModelConfig } from './config.js';
import { encoderSpecs, linear, normSpecs, type WeightInit, type WeightSpec } from './spec-parts.js';
import { visionGrid } from './vision-grid.js';

export { linear, normSpecs, type WeightInit, type WeightSpec };

/** Weights of the vision tower. */
export function visionSpecs(config: ModelConfig): WeightSpec[] {
  const { vision_config: vision, fgam } = config;
  const root = 'vision_tower.vision_model';
  const width = vision.hidden_size;
  const positions = visionGrid(config).visionTokens + (fgam.class_token ? 1 : 0);
  const std = width ** -0.5;
  const embeddings = `${root}.embeddings`;
  const specs: WeightSpec[] = [...stemSpecs(config)];
  if (fgam.class_token) specs.push({ name: `${embeddings}.class_embedding`, shape: [width], init: { std } });
  specs.push({
    name: `${embeddings}.position_embedding.weight`,
    shape: [positions, width],
    init: { std: 0.1 },
  });
  if (fgam.pre_layer_norm) specs.push(...normSpecs(`${root}.pre_layrnorm`, width));
  specs.push(...encoderSpecs(`${root}.encoder.layers`, vision));
  if (fgam.post_layer_norm) specs.push(...normSpecs(`${root}.post_layernorm`, width));
  return specs;
}

function stemSpecs({ vision_config: vision, fgam }: ModelConfig): WeightSpec[] {
  const embeddings = 'vision_tower.vision_model.embeddings';
  const { stem } = fgam;
  if (stem.kind === 'patch') {
    const size = vision.patch_size;
    const init = { std: (3 * size * size) ** -0.5 };
    return [
      { name: `${embeddings}.patch_embedding.weight`, shape: [vision.hidden_size, 3, size, size], init },
    ];
  }
  const specs: WeightSpec[] = [];
  let channels = 3;
  for (const [i, stage] of stem.stages.entries()) {
    const kernel = 'merge' in stage ? stage.merge : stage.kernel;
    const name = `${embeddings}.stem.${i}`;
    const init = { std: (channels * kernel * kernel) ** -0.5 };
    specs.push({ name: `${name}.weight`, shape: [stage.width, channels, kernel, kernel], init });
    specs.push({ name: `${name}.bias`, shape: [stage.width], init: { value: 0 } });
    channels = stage.width;
  }
  specs.push(...linear(`${embeddings}.stem_projection`, vision.hidden_size, channels, channels ** -0.5));
  return specs;
}

/** Weights of the connector. */
export function connectorSpecs({
  vision_config: vision,
  text_config: text,
  fgam,
}: ModelConfig): WeightSpec[] {
  const input = vision.hidden_size * fgam.connector_merge ** 2;
  const width = text.hidden_size;
  // Visual tokens start a few times larger than word embeddings, not ten times: trials at small widths.
  const out = Math.min(1, 3 * text.initializer_range) * width ** -0.5;
  return [
    ...linear('multi_modal_projector.linear_1', width, input, input ** -0.5),
    ...linear('multi_modal_projector.linear_2', width, width, out),
  ];
}

/** Weights of the language model and its head. */
export function textSpecs({ text_config: text }: LanguageConfig): WeightSpec[] {
  const root = 'language_model.model';
  const width = text.hidden_size;
  const inner = text.intermediate_size;
  const keys = (width / text.num_attention_heads) * text.num_key_value_heads;
  const std = width ** -0.5;
  const residual = (2 * text.num_hidden_layers) ** -0.5;
  const embedding = { std: text.initializer_range };
  const bias = text.attention_bias === true;
  const specs: WeightSpec[] = [
    { name: `${root}.embed_tokens.weight`, shape: [text.vocab_size, width], init: embedding },
  ];
  for (let i = 0; i < text.num_hidden_layers; i++) {
    const layer = `${root}.layers.${i}`;
    specs.push(
      ...linear(`${layer}.self_attn.q_proj`, width, width, std, bias),
      ...linear(`${layer}.self_attn.k_proj`, keys, width, std, bias),
      ...linear(`${layer}.self_attn.v_proj`, keys, width, std, bias),
      ...linear(`${layer}.self_attn.o_proj`, width, width, std * residual, false),
      ...linear(`${layer}.mlp.gate_proj`, inner, width, std, false),
      ...linear(`${layer}.mlp.up_proj`, inner, width, std, false),
      ...linear(`${layer}.mlp.down_proj`, width, inner, inner ** -0.5 * residual, false),
      { name: `${layer}.input_layernorm.weight`, shape: [width], init: { value: 1 } },
      { name: `${layer}.post_attention_layernorm.weight`, shape: [width], init: { value: 1 } },
    );
  }
  specs.push({ name: `${root}.norm.weight`, shape: [width], init: { value: 1 } });
  if (!text.tie_word_embeddings) {
    specs.push({ name: 'language_model.lm_head.weight', shape: [text.vocab_size, width], init: embedding });
  }
  return specs;
}
