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

/**
 * BLIP-2's tower (EVA ViT-g at 224 pixels) and Q-Former of 32 queries, whose sizes are
 * transformers' defaults, before LLaMA.
 */
function qFormer(modelType: string, text: Readonly<Record<string, number>>): object {
  return {
    model_type: modelType,
    torch_dtype: 'float16',
    image_token_index: 31_999,
    text_config: { model_type: 'llama', max_position_embeddings: 2048, rms_norm_eps: 1e-6, ...text },
  };
}

function qwen2Vl(
  text: Readonly<Record<string, number | boolean>> & { readonly hidden_size: number },
): object {
  return {
    model_type: 'qwen2_vl',
    torch_dtype: 'bfloat16',
    image_token_id: 151_655,
    rms_norm_eps: 1e-6,
    num_hidden_layers: 28,
    max_position_embeddings: 32_768,
    vision_config: { hidden_size: text.hidden_size },
    ...text,
  };
}

/** LLaMA's and Vicuna's sizes. */
const LLAMA_7B = {
  hidden_size: 4096,
  intermediate_size: 11_008,
  num_hidden_layers: 32,
  num_attention_heads: 32,
} as const;
const LLAMA_13B = {
  hidden_size: 5120,
  intermediate_size: 13_824,
  num_hidden_layers: 40,
  num_attention_heads: 40,
} as const;

/**
 * Sizes of published models as `config.json` on the Hugging Face hub states them: llava-hf (Vicuna 1.5),
 * Salesforce (InstructBLIP on Vicuna 1.1), Qwen; MiniGPT-4, which has none, is BLIP-2's parts on Vicuna 7B
 * with a token for images.
 */
export const KNOWN_CONFIGS: Readonly<Record<string, object>> = {
  'llava-1.5-7b': llava(LLAMA_7B),
  'llava-1.5-13b': llava(LLAMA_13B),
  'minigpt-4-7b': qFormer('minigpt4', { vocab_size: 32_001, ...LLAMA_7B }),
  'instructblip-13b': qFormer('instructblip', { vocab_size: 32_001, ...LLAMA_13B }),
  'qwen2-vl-2b': qwen2Vl({
    hidden_size: 1536,
    intermediate_size: 8960,
    num_attention_heads: 12,
    num_key_value_heads: 2,
    vocab_size: 151_936,
    tie_word_embeddings: true,
  }),
  'qwen2-vl-7b': qwen2Vl({
    hidden_size: 3584,
    intermediate_size: 18_944,
    num_attention_heads: 28,
    num_key_value_heads: 4,
    vocab_size: 152_064,
    tie_word_embeddings: false,
  }),
};
