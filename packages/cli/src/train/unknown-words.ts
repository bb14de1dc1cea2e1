import { type Tokenizer, vocabularyFromTexts } from '@fgam/models';

/** Words of some texts that a tokenizer lacks. */
export interface UnknownWords {
  readonly texts: number;
  /** Texts with such a word. */
  readonly affected: number;
  readonly words: readonly string[];
}

/** Whether a tokenizer has every word of a text. */
export function knowsWords(tokenizer: Tokenizer, text: string): boolean {
  return !tokenizer.encode(text).includes(tokenizer.unkId);
}

/** Finds the words that a tokenizer reads as `<unk>`. */
export function unknownWords(tokenizer: Tokenizer, texts: readonly string[]): UnknownWords {
  const isUnknown = (text: string): boolean => !knowsWords(tokenizer, text);
  const known = new Map<string, boolean>();
  for (const text of texts) if (!known.has(text)) known.set(text, !isUnknown(text));
  const affected = texts.filter((text) => known.get(text) === false);
  const words = vocabularyFromTexts(affected).filter(isUnknown);
  return { texts: texts.length, affected: affected.length, words };
}

/** Words that a warning shows. */
const SHOWN = 8;

/** A warning about unknown words; undefined where there are none. */
export function unknownWarning(what: string, { texts, affected, words }: UnknownWords): string | undefined {
  if (affected === 0) return undefined;
  const shown = words.slice(0, SHOWN).join(', ');
  const more = words.length > SHOWN ? `, and ${words.length - SHOWN} more` : '';
  return `${affected} of ${texts} ${what} have words that the model does not know and reads as <unk>: ${shown}${more}`;
}
