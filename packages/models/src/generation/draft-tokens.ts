import type { ModelRequest } from './model-request.js';

/** How a model cuts texts. */
export interface DraftTokenizer {
  /** Ids of a text, with what the tokenizer puts before it. */
  readonly encode: (text: string) => number[];
  /** The token that ends an answer: what is proposed after a draft that is a text. */
  readonly endId: number | undefined;
}

/**
 * The tokens of a request's draft: at most as many as may be said before the last. A text is cut into tokens where it stands, after the prompt and a space; where
 * that changes the prompt's own tokens, as at the end of half a word, nothing is proposed.
 */
export function draftTokens(
  { draft = [], prompt, maxTokens }: Pick<ModelRequest, 'draft' | 'prompt' | 'maxTokens'>,
  { encode, endId }: DraftTokenizer,
): readonly number[] {
  const most = maxTokens - 1;
  if (typeof draft !== 'string') return draft.slice(0, most);
  if (draft === '') return [];
  const before = encode(prompt);
  const all = encode(`${prompt.trimEnd() === prompt ? `${prompt} ` : prompt}${draft}`);
  if (before.some((token, i) => all[i] !== token)) return [];
  const tokens = all.slice(before.length);
  return [...tokens, ...(endId === undefined ? [] : [endId])].slice(0, most);
}
