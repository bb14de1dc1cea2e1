import { isFgamError } from '@fgam/data';
import { describe, expect, it } from 'vitest';
import { compactConfig } from './compact-config.js';
import { ignoredConfigKeys, parseConfig } from './config.js';
import { visionGrid } from './vision-grid.js';
import { countParameters, createWeights } from './weights.js';

describe('parseConfig', () => {
  it('reads LLaVA-1.5-7B as published, filling in what its config.json leaves out', () => {
    const published = {
      architectures: ['LlavaForConditionalGeneration'],
      ignore_index: -100,
      image_token_index: 32000,
      model_type: 'llava',
      projector_hidden_act: 'gelu',
      text_config: {
        _name_or_path: 'vicuna',
        max_position_embeddings: 4096,
        model_type: 'llama',
        rms_norm_eps: 1e-5,
        vocab_size: 32064,
      },
      torch_dtype: 'float16',
      vision_config: {
        hidden_size: 1024,
        image_size: 336,
        intermediate_size: 4096,
        model_type: 'clip_vision_model',
        num_attention_heads: 16,
        num_hidden_layers: 24,
        patch_size: 14,
        projection_dim: 768,
        vocab_size: 32000,
      },
      vision_feature_layer: -2,
      vision_feature_select_strategy: 'default',
    };
    const config = parseConfig(published);
    expect(config.text_config).toMatchObject({
      hidden_size: 4096,
      num_hidden_layers: 32,
      num_key_value_heads: 32,
    });
    expect(config.vision_config.hidden_act).toBe('quick_gelu');
    expect(config.fgam).toMatchObject({ class_token: true, pre_layer_norm: true, stem: { kind: 'patch' } });
    expect(visionGrid(config)).toEqual({ grid: 24, visionTokens: 576, visualTokens: 576, imageSize: 336 });
    expect(ignoredConfigKeys(published)).toEqual([
      'architectures',
      'ignore_index',
      'torch_dtype',
      'vision_config.projection_dim',
      'vision_config.vocab_size',
      'text_config._name_or_path',
    ]);
  });

  it('reads rope_theta where transformers 5 writes it and refuses variants that it does not compute', () => {
    const base = compactConfig();
    const text = (more: object) => ({ ...base, text_config: { ...base.text_config, ...more } });
    const modern = text({ rope_parameters: { rope_theta: 500000, rope_type: 'default' }, head_dim: 32 });
    expect(parseConfig(modern).text_config).toEqual({ ...base.text_config, rope_theta: 500000 });
    expect(() => parseConfig(text({ rope_parameters: { rope_type: 'yarn' } }))).toThrow(/rope_type/);
    expect(() => parseConfig(text({ rope_scaling: { type: 'linear' }, attention_bias: true }))).toThrow(
      /2 fault/,
    );
    expect(() => parseConfig(text({ head_dim: 64 }))).toThrow(
      /head_dim: expected hidden_size 128 \/ 4 heads, got 64/,
    );
  });

  it('lists every fault at once', () => {
    const json = {
      ...compactConfig(),
      model_type: 'qwen2_vl',
      projector_hidden_act: 'swish',
      fgam: { ...compactConfig().fgam, relation_width: 3, stem: { kind: 'patch', size: 3 } },
    };
    let message = '';
    try {
      parseConfig(json);
    } catch (error) {
      if (isFgamError(error)) message = `${error.code} ${error.message}`;
    }
    expect(message).toMatch(/^models\/bad-config/);
    for (const part of ['model_type', 'projector_hidden_act', 'relation_width', 'fgam.stem', '4 fault']) {
      expect(message).toContain(part);
    }
  });

  it('lists every disagreement between fields at once', () => {
    const overrides = {
      vision_config: { image_size: 60, num_attention_heads: 3 },
      text_config: { num_attention_heads: 4, num_key_value_heads: 3 },
      vision_feature_layer: 7,
      fgam: { stem: { kind: 'convolution' as const, stages: [{ kernel: 1, stride: 2, width: 8 }] } },
    };
    expect(() => compactConfig(overrides)).toThrow(/7 fault|6 fault/);
    for (const part of [
      'image_size',
      'num_key_value_heads',
      'kernel >= stride',
      'product',
      'vision_feature_layer',
    ]) {
      expect(() => compactConfig(overrides)).toThrow(part);
    }
  });

  it('refuses what is no object', () => {
    expect(() => parseConfig('llava')).toThrow(/\(root\)/);
    expect(ignoredConfigKeys(null)).toEqual([]);
  });
});

describe('compactConfig', () => {
  it('has 1 to 3 million parameters, 64 vision tokens and 16 visual tokens', () => {
    const config = compactConfig();
    const count = countParameters(createWeights(config, 1));
    expect(count).toBeGreaterThan(1e6);
    expect(count).toBeLessThan(3e6);
    expect(visionGrid(config)).toEqual({ grid: 8, visionTokens: 64, visualTokens: 16, imageSize: 64 });
  });

  it('survives JSON', () => {
    expect(parseConfig(JSON.parse(JSON.stringify(compactConfig())))).toEqual(compactConfig());
  });
});
