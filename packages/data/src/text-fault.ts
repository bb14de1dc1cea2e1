import type { SkipReason } from './skips.js';

/** Most characters of one text; the longest of the data sets read here has some thousands. */
export const MAX_TEXT_LENGTH = 100_000;

/**
 * What is wrong with a text, or undefined. U+FFFD is what bytes that are no UTF-8 have become; NUL and lone surrogates
 * stand in no written text.
 */
export function findTextFault(
  text: string,
): { readonly reason: SkipReason; readonly detail: string } | undefined {
  if (text.trim() === '') return { reason: 'no-text', detail: 'the text is empty' };
  if (text.length > MAX_TEXT_LENGTH)
    return {
      reason: 'bad-text',
      detail: `the text has ${text.length} characters, more than ${MAX_TEXT_LENGTH}`,
    };
  const at = text.search(/[\uFFFD\0]|\p{Surrogate}/u);
  if (at >= 0)
    return {
      reason: 'bad-text',
      detail: `character ${at + 1} is no text (bytes that are not UTF-8, NUL or half a surrogate pair)`,
    };
  return undefined;
}
