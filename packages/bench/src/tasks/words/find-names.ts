import { pluralOf } from '@fgam/data';

/** Names that are looked for, by their words: of one or several things. */
export type NameFinder = (text: string) => readonly string[];

/**
 * Finds names in a text, in order: words alone, lower case; a name also in its plural; of the names that
 * begin at a word the longest, so that a hot dog is no dog. This is the matching of the dialect `fgam-words`:
 * it knows no word classes and no likeness of words beyond the names given.
 *
 * @param names - to what each is found as
 */
export function createNameFinder(names: ReadonlyMap<string, string>): NameFinder {
  const known = new Map<string, string>();
  let longest = 1;
  // All plurals first: where one is another name as well, it is that (glasses, and not two of glass).
  for (const formOf of [pluralOf, (name: string) => name])
    for (const [name, meaning] of names) {
      const words = wordsOf(formOf(name));
      known.set(words.join(' '), meaning);
      longest = Math.max(longest, words.length);
    }
  return (text) => {
    const words = wordsOf(text);
    const found: string[] = [];
    let at = 0;
    while (at < words.length) {
      let length = Math.min(longest, words.length - at);
      while (length > 0 && !known.has(words.slice(at, at + length).join(' '))) length -= 1;
      const meaning = known.get(words.slice(at, at + length).join(' '));
      if (meaning !== undefined && length > 0) found.push(meaning);
      at += Math.max(1, length);
    }
    return found;
  };
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
