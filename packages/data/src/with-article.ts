/**
 * A noun with its article: `a red circle`, `an apple`, `scissors` (plurals take none).
 *
 * @example
 * ```ts
 * import { withArticle } from '@fgam/data';
 * // By the sound: an umbrella, but a uniform; an hour glass, but a house.
 * const said = ['umbrella', 'uniform', 'hour glass', 'house', 'scissors', 'the sky'].map(withArticle).join();
 * if (said !== 'an umbrella,a uniform,an hour glass,a house,scissors,the sky') throw new Error(said);
 * ```
 */
export function withArticle(noun: string): string {
  const text = noun.trim();
  if (isPlural(text) || /^(a|an|the|some|two|three|several|many) /i.test(text)) return text;
  const sounded =
    /^(?:[ai]|e(?!u|we)|o(?!nes|ne\b|nce\b)|u(?!biq|kul|ni(?:[cfqtv]|o|s)|ran|rin|s[aeu]|te))|^(?:hour|honest|heir)/i.test(
      text,
    );
  return `${sounded ? 'an' : 'a'} ${text}`;
}

/** Whether a noun looks like one for several things, or for a pair: `trees`, `scissors`. */
export function isPlural(noun: string): boolean {
  return /(?:[^siu]s|skis)$/i.test(noun.trim());
}
