import { contradictionOf } from './contradiction.js';
import type { RegionFacts } from './describer-prompt.js';

/** What may be wrong with a model's text. */
export type TextFaultReason =
  | 'empty'
  | 'short'
  | 'long'
  | 'cut-off'
  | 'lines'
  | 'control-characters'
  | 'markup'
  | 'language'
  | 'refusal'
  | 'position'
  | 'colour'
  | 'attribute'
  | 'category';

/** Why a text is refused. `detail` quotes at most a word of it. */
export interface TextFault {
  readonly reason: TextFaultReason;
  readonly detail: string;
}

/** Options of `checkDescription`. */
export interface CheckDescriptionOptions {
  /** Default 2. */
  readonly minWords?: number;
  /** Default 40. */
  readonly maxWords?: number;
  /** Language and contradictions are checked for English alone. Default `English`. */
  readonly language?: string;
}

/** Longest text looked at, in characters a word: longer ones are no words. */
const CHARACTERS_A_WORD = 20;

/** Least share of ASCII among an English text's characters: room for names and accents. */
const ASCII_SHARE = 0.9;

// Line breaks aside, which are a fault of their own; with characters that hide or reorder text
// (zero width, bidirectional).
const CONTROL = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u;
const MARKUP = /[<>`{}\\|]|\*\*|__|^[#*-] |\]\(|\bhttps?:|\bwww\./i;
const REFUSAL = [
  /\b(?:sorry|apologi[sz]e|as an ai|language model|ai assistant)\b/i,
  /\b(?:i|we) (?:can(?:'|’)?t|cannot|can not|am (?:not able|unable)|(?:do|did)(?:n(?:'|’)t| not)|won(?:'|’)t|will not)\b/i,
  /\bi(?:'|’)m (?:not able|unable|sorry)\b/i,
  /\bunable to (?:see|view|describe|determine|identify|provide|assist)\b/i,
  /\b(?:no (?:image|photo|picture)|(?:image|photo|picture) (?:was|is) not|not enough (?:information|context))\b/i,
];

/**
 * The first thing that is wrong with a model's text as the description of a region, or undefined.
 *
 * In this order: empty, control characters, several lines, markup or links, length, language, refusals; then
 * what the facts contradict: colours, other attributes that exclude each other, categories, positions.
 * Contradictions are found by a small lexicon (`lexicon.ts`): a text that passes is not thereby true.
 *
 * @param text - as `cleanDescription` gives it
 * @example
 * ```ts
 * import { checkDescription } from '@fgam/label';
 * const facts = { box: { x0: 0.7, y0: 0.4, x1: 0.9, y1: 0.6 }, label: 'car', attributes: ['red'] };
 * if (checkDescription('a red car on the right', facts)) throw new Error('refused');
 * if (checkDescription('a red car on the left', facts)?.reason !== 'position') throw new Error('passed');
 * if (checkDescription('a blue car', facts)?.reason !== 'colour') throw new Error('passed');
 * ```
 */
export function checkDescription(
  text: string,
  facts: RegionFacts,
  options: CheckDescriptionOptions = {},
): TextFault | undefined {
  const { minWords = 2, maxWords = 40, language = 'English' } = options;
  if (text.trim() === '') return { reason: 'empty', detail: 'no text' };
  if (text.length > maxWords * CHARACTERS_A_WORD)
    return { reason: 'long', detail: `${text.length} characters` };
  if (/[\r\n]/.test(text)) return { reason: 'lines', detail: 'more than one line' };
  const control = CONTROL.exec(text);
  if (control)
    return { reason: 'control-characters', detail: `U+${(control[0].codePointAt(0) ?? 0).toString(16)}` };
  if (MARKUP.test(text)) return { reason: 'markup', detail: 'markup or a link' };
  const count = text.trim().split(/\s+/).length;
  if (language === 'English') {
    const share = [...text].filter((letter) => letter.charCodeAt(0) < 128).length / [...text].length;
    if (share < ASCII_SHARE || !/[a-z]/i.test(text))
      return { reason: 'language', detail: `${Math.round(share * 100)} % ASCII` };
    if (REFUSAL.some((pattern) => pattern.test(text))) return { reason: 'refusal', detail: 'no description' };
  }
  // A language without spaces has no words to count: the bound on characters holds.
  if (language === 'English' && count < minWords) return { reason: 'short', detail: `${count} words` };
  if (count > maxWords) return { reason: 'long', detail: `${count} words` };
  return language === 'English' ? contradictionOf(text, facts) : undefined;
}

/** A text between two quotation marks that are a pair: no other is inside but apostrophes. */
const PAIR = /^"([^"]*)"$|^'((?:[^']|(?<=\w)'(?=\w))*)'$/;

/**
 * A model's text without the white space and the one pair of quotation marks around it.
 *
 * @example
 * ```ts
 * import { cleanDescription } from '@fgam/label';
 *
 * if (cleanDescription(' "a red car"\n') !== 'a red car') throw new Error('expected no quotation marks');
 * // Marks inside are part of the text.
 * const sign = 'a sign that says "stop"';
 * if (cleanDescription(sign) !== sign) throw new Error('expected the same text');
 * ```
 */
export function cleanDescription(text: string): string {
  const trimmed = text.trim();
  const [, double, single] = PAIR.exec(trimmed) ?? [];
  return (double ?? single)?.trim() ?? trimmed;
}
