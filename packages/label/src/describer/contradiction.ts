import type { TextFault } from './check-description.js';
import type { RegionFacts } from './describer-prompt.js';
import {
  ATTRIBUTE_SETS,
  CATEGORY_GROUPS,
  COLOUR_GROUPS,
  type ExclusiveSet,
  groupOf,
  wordsOf,
} from './lexicon.js';
import { positionFault } from './position-fault.js';

/** What the facts of a region contradict in an English text, or undefined. */
export function contradictionOf(text: string, facts: RegionFacts): TextFault | undefined {
  const words = wordsOf(text);
  const known = wordsOf([facts.label ?? '', ...(facts.attributes ?? [])].join(' '));
  const noun = wordsOf(facts.label ?? '').at(-1);
  const colour = exclusiveFault(COLOUR_GROUPS, words, known, noun);
  if (colour) return { reason: 'colour', detail: colour };
  for (const set of ATTRIBUTE_SETS) {
    const attribute = exclusiveFault(set, words, known, noun);
    if (attribute) return { reason: 'attribute', detail: attribute };
  }
  return categoryFault(words, noun) ?? positionFault(text, facts.box);
}

/**
 * The word that names another group than the facts do. Where the label's noun is in the text, the words of
 * its own phrase count (`a red car beside a blue truck` says nothing blue of the car); where it is not, and
 * the text names none of the known groups, all do.
 */
function exclusiveFault(
  set: ExclusiveSet,
  words: readonly string[],
  known: readonly string[],
  noun: string | undefined,
): string | undefined {
  const expected = known.map((word) => groupOf(set, word)).filter((group) => group !== undefined);
  if (expected.length === 0) return undefined;
  const isNamed = (word: string): boolean => groupOf(set, word) !== undefined;
  const isRight = (word: string): boolean => expected.includes(groupOf(set, word) ?? -1);
  const said = phraseOf(words, noun) ?? words;
  const wrong = said.find(isNamed);
  // Two-coloured things: "a red and white bus" does not contradict "red".
  if (wrong === undefined || said.some(isRight)) return undefined;
  return `"${wrong}" is not among the facts`;
}

/** Words that end a noun phrase to the left of its noun, or go between it and what is said of it. */
const BORDERS = new Set(
  'a an the this that one two of with by in on at near beside behind under over its his her and to from for holding wearing'.split(
    ' ',
  ),
);

/**
 * The words right before a noun (or another word for it), and one that follows `is`: what is said of it.
 * Undefined where the text has none.
 */
function phraseOf(words: readonly string[], noun: string | undefined): string[] | undefined {
  if (noun === undefined) return undefined;
  const category = groupOf(CATEGORY_GROUPS, noun) ?? -1;
  const isNoun = (word: string): boolean =>
    word === noun || word === `${noun}s` || groupOf(CATEGORY_GROUPS, word) === category;
  const at = words.findIndex(isNoun);
  if (at < 0) return undefined;
  let from = at;
  while (from > 0 && !isBorder(words, from - 1)) from -= 1;
  const said = words[at + 1] === 'is' || words[at + 1] === 'are' ? words.slice(at + 2, at + 3) : [];
  return [...words.slice(from, at), ...said];
}

/** An `and` between two words of the same phrase (`red and white`) is no border. */
function isBorder(words: readonly string[], at: number): boolean {
  const word = words[at] as string;
  if (word !== 'and') return BORDERS.has(word);
  const before = words[at - 1];
  return before === undefined || groupOf(COLOUR_GROUPS, before) === undefined;
}

/** A text that names a known category and not the label's contradicts the label. */
function categoryFault(words: readonly string[], noun: string | undefined): TextFault | undefined {
  if (noun === undefined) return undefined;
  const expected = groupOf(CATEGORY_GROUPS, noun);
  if (expected === undefined) return undefined;
  const named = words.filter((word) => groupOf(CATEGORY_GROUPS, word) !== undefined);
  const [wrong] = named;
  if (wrong === undefined || named.some((word) => groupOf(CATEGORY_GROUPS, word) === expected))
    return undefined;
  return { reason: 'category', detail: `"${wrong}" is not the label` };
}
