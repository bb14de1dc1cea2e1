import type { TextFault } from './check-description.js';
import type { RegionFacts } from './describer-prompt.js';
import {
  ATTRIBUTE_SETS,
  CATEGORY_GROUPS,
  COLOUR_GROUPS,
  type ExclusiveSet,
  groupsIn,
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
 * The word that names another group than the facts do. Where the label's noun is in the text, the words of its own phrase count (`a red
 * car beside a blue truck` says nothing blue of the car); where it is not, and the text names none of the known groups, all do.
 */
function exclusiveFault(
  set: ExclusiveSet,
  words: readonly string[],
  known: readonly string[],
  noun: string | undefined,
): string | undefined {
  const expected = groupsIn(set, known);
  if (expected.size === 0) return undefined;
  const isWrong = (word: string): boolean => {
    const groups = groupsIn(set, [word]);
    return groups.size > 0 && ![...groups].some((group) => expected.has(group));
  };
  const isRight = (word: string): boolean => [...groupsIn(set, [word])].some((group) => expected.has(group));
  const phrase = phraseOf(words, noun);
  const wrong = (phrase ?? words).find(isWrong);
  // Two-coloured things: "a red and white bus" does not contradict "red".
  if (wrong === undefined || (phrase ?? words).some(isRight)) return undefined;
  return `"${wrong}" is not among the facts`;
}

/** Words that end a noun phrase to the left of its noun, or go between it and what is said of it. */
const BORDERS = new Set(
  'a an the this that one two of with by in on at near beside behind under over its his her and to from for holding wearing'.split(
    ' ',
  ),
);

/** The words right before a noun, and one that follows `is`: what is said of it. Undefined where the text does not have the noun. */
function phraseOf(words: readonly string[], noun: string | undefined): string[] | undefined {
  const at = noun === undefined ? -1 : words.findIndex((word) => word === noun || word === `${noun}s`);
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
  return before === undefined || groupsIn(COLOUR_GROUPS, [before]).size === 0;
}

/** A text that names a known category and not the label's contradicts the label. */
function categoryFault(words: readonly string[], noun: string | undefined): TextFault | undefined {
  if (noun === undefined) return undefined;
  const expected = groupsIn(CATEGORY_GROUPS, [noun]);
  if (expected.size === 0) return undefined;
  const named = groupsIn(CATEGORY_GROUPS, words);
  if (named.size === 0 || [...named].some((group) => expected.has(group))) return undefined;
  const word = words.find((each) => groupsIn(CATEGORY_GROUPS, [each]).size > 0);
  return { reason: 'category', detail: `"${word ?? ''}" is not the label` };
}
