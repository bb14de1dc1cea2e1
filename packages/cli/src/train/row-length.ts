import type { TrainingExample } from '@fgam/trainer';

/** Rows are as long as the longest text, in steps of the first number and up to the second. */
const ROW_UNIT = 32;
export const LONGEST_ROW = 256;

type Segment = NonNullable<TrainingExample['segments']>[number];

/** Tokens of a prompt and its answer in a row, with the one that ends it. */
export function segmentTokens(
  { prompt, answer }: Pick<Segment, 'prompt' | 'answer'>,
  encode: (text: string) => readonly number[],
): number {
  // The last token of a row's text is <eos>.
  return encode(answer).length + encode(prompt).length + 1;
}

/** Tokens of rows that hold texts of so many tokens each; those beyond {@link LONGEST_ROW} have no room. */
export function rowLength(tokens: readonly number[]): number {
  const longest = tokens.reduce((most, each) => (each > LONGEST_ROW ? most : Math.max(most, each)), 1);
  return Math.ceil(longest / ROW_UNIT) * ROW_UNIT;
}
