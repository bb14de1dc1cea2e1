import { describe, expect, it } from 'vitest';
import { readQwen2VlConfig } from './qwen2-vl-config.js';

/** As Qwen2-VL-2B-Instruct's `config.json` on the hub has it. */
const hub = {
  architectures: ['Qwen2VLForConditionalGeneration'],
  attention_dropout: 0.0,
  bos_token_id: 151643,
  eos_token_id: 151645,
  vision_start_token_id: 151652,
  image_token_id: 151655,
  hidden_act: 'silu',
  hidden_size: 1536,
  intermediate_size: 8960,
  max_position_embeddings: 32768,
  max_window_layers: 28,
  model_type: 'qwen2_vl',
  num_attention_heads: 12,
  num_hidden_layers: 28,
  num_key_value_heads: 2,
  rms_norm_eps: 1e-6,
  rope_theta: 1000000.0,
  sliding_window: 32768,
  tie_word_embeddings: true,
  use_sliding_window: false,
  vision_config: {
    depth: 32,
    embed_dim: 1280,
    mlp_ratio: 4,
    num_heads: 16,
    in_chans: 3,
    hidden_size: 1536,
    patch_size: 14,
    spatial_merge_size: 2,
    spatial_patch_size: 14,
    temporal_patch_size: 2,
  },
  rope_scaling: { type: 'mrope', mrope_section: [16, 24, 24] },
  vocab_size: 151936,
};

describe('readQwen2VlConfig', () => {
  it('reads the spellings of transformers 4 and 5 alike', () => {
    const { rope_scaling: turns, rope_theta: theta, vision_config: vision, ...rest } = hub;
    const { model_type, image_token_id, tie_word_embeddings, ...text } = rest;
    const five = {
      model_type,
      image_token_id,
      tie_word_embeddings,
      text_config: {
        ...text,
        model_type: 'qwen2_vl_text',
        layer_types: ['full_attention'],
        rope_parameters: {
          rope_type: 'default',
          rope_theta: theta,
          mrope_section: turns.mrope_section,
        },
      },
      vision_config: {
        ...vision,
        hidden_act: 'quick_gelu',
        rope_parameters: { rope_theta: 10000.0, rope_type: 'axial' },
      },
    };
    const config = readQwen2VlConfig(hub);
    expect(readQwen2VlConfig(five)).toMatchObject({ ...config });
    expect(config).toMatchObject({
      text_config: {
        rope_theta: 1e6,
        mrope_section: [16, 24, 24],
        tie_word_embeddings: true,
        rms_norm_eps: 1e-6,
      },
      vision_config: { depth: 32, hidden_act: 'quick_gelu', rope_theta: 10000 },
      image_token_id: 151655,
    });
  });

  it('lists every fault, by the keys of the file', () => {
    const said = (changes: object) => () => readQwen2VlConfig({ ...hub, ...changes });
    expect(
      said({ hidden_act: 'gelu', use_sliding_window: true, rope_scaling: { type: 'yarn', factor: 2 } }),
    ).toThrow(
      /found 3 fault\(s\):\n {2}hidden_act:[^]*\n {2}rope_scaling.type:[^]*\n {2}use_sliding_window:/,
    );
    expect(
      said({
        num_key_value_heads: 5,
        head_dim: 64,
        rope_scaling: { type: 'mrope', mrope_section: [16, 24, 25] },
        vision_config: { ...hub.vision_config, hidden_size: 1024, embed_dim: 1250 },
      }),
    ).toThrow(
      /found 5 fault\(s\)[^]*heads by num_key_value_heads[^]*head_dim[^]*1250 to be a multiple of 64[^]*language model's 1536, got 1024[^]*a sum of 64, half of a head, got 16 \+ 24 \+ 25/,
    );
    expect(said({ text_config: { hidden_act: 'gelu' } })).toThrow(/text_config\.hidden_act/);
    expect(() => readQwen2VlConfig(null)).toThrow(expect.objectContaining({ code: 'models/bad-config' }));
  });
});
