import type { QFormerModelConfig } from '../q-former-config.js';
import { linear, normSpecs, textSpecs, type WeightSpec } from '../weight-specs.js';

/**
 * Weights of EVA's tower, the Q-Former, its projection and the language model. `readsText`: the
 * Q-Former reads instructions.
 */
export function qFormerSpecs(config: QFormerModelConfig, readsText: boolean): WeightSpec[] {
  const { qformer_config: former, text_config: text, num_query_tokens: queries } = config;
  const std = former.hidden_size ** -0.5;
  return [
    ...towerSpecs(config),
    { name: 'query_tokens', shape: [1, queries, former.hidden_size], init: { std: 0.02 } },
    ...formerSpecs(config, readsText),
    ...linear('language_projection', text.hidden_size, former.hidden_size, std),
    ...textSpecs(config),
  ];
}

function towerSpecs({ vision_config: vision }: QFormerModelConfig): WeightSpec[] {
  const { hidden_size: width, intermediate_size: inner, patch_size: patch } = vision;
  const std = width ** -0.5;
  const embeddings = 'vision_model.embeddings';
  const count = 1 + (vision.image_size / patch) ** 2;
  const specs: WeightSpec[] = [
    { name: `${embeddings}.class_embedding`, shape: [1, 1, width], init: { std } },
    { name: `${embeddings}.position_embedding`, shape: [1, count, width], init: { std: 0.1 } },
    {
      name: `${embeddings}.patch_embedding.weight`,
      shape: [width, 3, patch, patch],
      init: { std: (3 * patch * patch) ** -0.5 },
    },
    { name: `${embeddings}.patch_embedding.bias`, shape: [width], init: { value: 0 } },
  ];
  for (let i = 0; i < vision.num_hidden_layers; i++) {
    const layer = `vision_model.encoder.layers.${i}`;
    specs.push(
      ...linear(`${layer}.self_attn.qkv`, 3 * width, width, std, vision.qkv_bias),
      ...linear(`${layer}.self_attn.projection`, width, width, std),
      ...normSpecs(`${layer}.layer_norm1`, width),
      ...linear(`${layer}.mlp.fc1`, inner, width, std),
      ...linear(`${layer}.mlp.fc2`, width, inner, inner ** -0.5),
      ...normSpecs(`${layer}.layer_norm2`, width),
    );
  }
  specs.push(...normSpecs('vision_model.post_layernorm', width));
  return specs;
}

type Former = QFormerModelConfig['qformer_config'];

/** What the Q-Former's weights depend on. */
interface FormerSource {
  readonly qformer_config: Omit<Former, 'vocab_size' | 'max_position_embeddings'> &
    Partial<Pick<Former, 'vocab_size' | 'max_position_embeddings'>>;
  readonly vision_config: { readonly hidden_size: number };
}

/** Weights of the Q-Former but for its queries. */
export function formerSpecs(config: FormerSource, readsText: boolean): WeightSpec[] {
  const { qformer_config: former, vision_config: vision } = config;
  const { hidden_size: width, intermediate_size: inner } = former;
  const std = width ** -0.5;
  const table = (name: string, count: number): WeightSpec[] =>
    readsText
      ? [{ name: `qformer.embeddings.${name}.weight`, shape: [count, width], init: { std: 0.02 } }]
      : [];
  const attention = (name: string, seen: number): WeightSpec[] => [
    ...linear(`${name}.attention.query`, width, width, std),
    ...linear(`${name}.attention.key`, width, seen, seen ** -0.5),
    ...linear(`${name}.attention.value`, width, seen, seen ** -0.5),
    ...linear(`${name}.output.dense`, width, width, std),
    ...normSpecs(`${name}.output.LayerNorm`, width),
  ];
  const feedForward = (layer: string, part: string): WeightSpec[] => [
    ...linear(`${layer}.intermediate${part}.dense`, inner, width, std),
    ...linear(`${layer}.output${part}.dense`, width, inner, inner ** -0.5),
    ...normSpecs(`${layer}.output${part}.LayerNorm`, width),
  ];
  const specs: WeightSpec[] = [
    ...table('word_embeddings', former.vocab_size ?? 0),
    ...table('position_embeddings', former.max_position_embeddings ?? 0),
    ...normSpecs('qformer.embeddings.layernorm', width),
  ];
  for (let i = 0; i < former.num_hidden_layers; i++) {
    const layer = `qformer.encoder.layer.${i}`;
    specs.push(...attention(`${layer}.attention`, width));
    if (i % former.cross_attention_frequency === 0)
      specs.push(...attention(`${layer}.crossattention`, vision.hidden_size));
    specs.push(...feedForward(layer, '_query'), ...(readsText ? feedForward(layer, '') : []));
  }
  return specs;
}
