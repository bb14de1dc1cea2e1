/** CLIP ViT-L/14 at 336 pixels, which LLaVA-1.5 sees with. */
const CLIP_LARGE = {
  hidden_size: 1024,
  intermediate_size: 4096,
  num_hidden_layers: 24,
  num_attention_heads: 16,
  image_size: 336,
  patch_size: 14,
} as const;

function llava(text: Readonly<Record<string, number>>): object {
  return {
    model_type: 'llava',
    torch_dtype: 'float16',
    image_token_index: 32_000,
    vision_feature_layer: -2,
    vision_config: CLIP_LARGE,
    text_config: { vocab_size: 32_064, max_position_embeddings: 4096, rms_norm_eps: 1e-5, ...text },
  };
}

/** Sizes of published models as `config.json` of llava-hf on the Hugging Face hub states them (Vicuna 1.5 of 7 and 13 billion parameters). */
export const KNOWN_CONFIGS: Readonly<Record<string, object>> = {
  'llava-1.5-7b': llava({
    hidden_size: 4096,
    intermediate_size: 11_008,
    num_hidden_layers: 32,
    num_attention_heads: 32,
  }),
  'llava-1.5-13b': llava({
    hidden_size: 5120,
    intermediate_size: 13_824,
    num_hidden_layers: 40,
    num_attention_heads: 40,
  }),
};
