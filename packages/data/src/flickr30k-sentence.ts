import { FgamError } from './error.js';

/** One phrase of a Flickr30k Entities sentence. */
export interface Flickr30kPhrase {
  /** The coreference chain: phrases of one chain mean the same objects. `0` is not visual. */
  readonly chain: string;
  /** Such as `people` or `clothing`; one or several. */
  readonly types: readonly string[];
  readonly text: string;
  /** Where the phrase begins in the sentence's text, in UTF-16 units. */
  readonly start: number;
}

/** A sentence in plain words and its phrases. */
export interface Flickr30kSentence {
  readonly text: string;
  readonly phrases: readonly Flickr30kPhrase[];
}

/** `[/EN#221796/people A girl]`: chain, types, words. */
const PHRASE = /\[\/EN#(\d+)((?:\/[^\s/[\]]+)+)\s([^[\]]*)\]/g;

/**
 * Parses one line of a Flickr30k Entities sentence file.
 *
 * @throws FgamError `data/bad-record` where a phrase is not closed, nested, empty or without chain and type
 * @example
 * ```ts
 * import { parseFlickr30kSentence } from '@fgam/data';
 * const { text, phrases } = parseFlickr30kSentence('[/EN#1/people A girl] in [/EN#2/clothing black] .');
 * if (text !== 'A girl in black .' || phrases[1]?.chain !== '2' || phrases[1].start !== 10) throw new Error(text);
 * ```
 */
export function parseFlickr30kSentence(line: string): Flickr30kSentence {
  const refuse = (got: string) =>
    new FgamError(
      'data/bad-record',
      `parseFlickr30kSentence: expected phrases such as [/EN#221796/people A girl], got ${got}; repair the line`,
    );
  const phrases: Flickr30kPhrase[] = [];
  let text = '';
  let from = 0;
  const addPlain = (plain: string) => {
    const open = plain.indexOf('[/EN#');
    if (open >= 0) throw refuse(JSON.stringify(plain.slice(open, open + 60)));
    text += plain;
  };
  const trimmed = line.trim();
  for (const match of trimmed.matchAll(PHRASE)) {
    const [whole, chain = '', types = '', words = ''] = match;
    addPlain(trimmed.slice(from, match.index));
    const phrase = words.trim();
    if (phrase === '') throw refuse(`a phrase without words: ${JSON.stringify(whole)}`);
    phrases.push({ chain, types: types.slice(1).split('/'), text: phrase, start: text.length });
    text += phrase;
    from = match.index + whole.length;
  }
  addPlain(trimmed.slice(from));
  return { text, phrases };
}
