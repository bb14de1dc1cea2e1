import { compactConfig, createTokenizer, type Tokenizer } from '@fgam/models';

/** The decoder of 3.3 M parameters, with a vision tower that no program of it runs. */
export const DECODER = compactConfig({
  text_config: {
    vocab_size: 512,
    hidden_size: 256,
    intermediate_size: 688,
    num_hidden_layers: 4,
    num_attention_heads: 4,
    initializer_range: 0.02,
  },
});

/** As many words as fill the decoder's vocabulary beside the special tokens. */
export const DECODER_WORDS: readonly string[] = Array.from(
  { length: DECODER.text_config.vocab_size - createTokenizer([]).size },
  (_, i) => `word${i}`,
);

/** The tokenizer whose tokens the decoder's vocabulary stands for. */
export function decoderTokenizer(): Tokenizer {
  return createTokenizer(DECODER_WORDS);
}
