/** Bins of a coordinate in grounding answers: `<loc_0>` to `<loc_31>`. */
export const LOCATION_BINS = 32;

/** The words that every tokenizer of this package begins with, in the order of their ids. */
export const SPECIAL_TOKENS = [
  '<pad>',
  '<eos>',
  '<unk>',
  '<image>',
  'User:',
  'Assistant:',
  'Feedback:',
  'Assistant (Revised):',
] as const;

/** Id of `<image>` in the tokenizers that this package creates. */
export const IMAGE_TOKEN_ID = SPECIAL_TOKENS.indexOf('<image>');

/** `<loc_0>` to `<loc_31>`. */
export const LOCATION_TOKENS: readonly string[] = Array.from(
  { length: LOCATION_BINS },
  (_, i) => `<loc_${i}>`,
);
