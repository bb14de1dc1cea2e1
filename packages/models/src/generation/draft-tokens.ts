import type { ModelRequest } from './model-request.js';

/** How a model cuts texts. */
export interface DraftTokenizer {
  /** Ids of a text, with what the tokenizer puts before it. */
  readonly encode: (text: string) => number[];
  /** The token that ends an answer: what is proposed after a draft that is a text. */
  readonly endId: number | undefined;
}

/**
 * The tokens of a request's draft: at most as many as may be said before the last. A text is cut into tokens
 * where it stands, after the prompt and a space; where that changes the prompt's own tokens, as at the end of
 * half a word, nothing is proposed.
 */
export function draftTokens(
  { draft = [], prompt, maxTokens }: Pick<ModelRequest, 'draft' | 'prompt' | 'maxTokens'>,
  { encode, endId }: DraftTokenizer,
): readonly number[] {
  const most = maxTokens - 1;
  if (typeof draft !== 'string') return draft.slice(0, most);
  if (draft === '') return [];
  const space = prompt.trimEnd() === prompt ? ' ' : '';
  return tokensAfter(prompt, `${space}${draft}`, { encode, endId }).slice(0, most);
}

/**
 * The tokens that a text has more where another follows it, and the end's; none where what
 * follows changes the text's own.
 */
export function tokensAfter(
  text: string,
  more: string,
  { encode, endId }: DraftTokenizer,
): readonly number[] {
  const [before, all] = [encode(text), encode(`${text}${more}`)];
  if (before.some((token, i) => all[i] !== token)) return [];
  return [...all.slice(before.length), ...(endId === undefined ? [] : [endId])];
}
