import { articleFor, COLOURS, SHAPES, SIZES, TEXTURES } from './scenes/vocabulary.js';
import { hash32, shuffled } from './seeded.js';

/** Sets of phrases that can stand in for each other, by what they say. */
export type SwapVocabulary = Readonly<Record<string, readonly string[]>>;

/** The phrases of scenes' descriptions. For photos, add the categories: `{ ...SCENE_SWAPS, object: categories }`. */
export const SCENE_SWAPS: SwapVocabulary = {
  colour: COLOURS,
  object: SHAPES,
  size: SIZES,
  texture: TEXTURES.filter((texture) => texture !== 'plain'),
  position: [
    'top left',
    'top right',
    'bottom left',
    'bottom right',
    'top',
    'bottom',
    'left',
    'right',
    'centre',
  ],
};

/**
 * Phrases of place between two things, for descriptions and captions of photos; each set's
 * phrases contradict each other.
 */
export const RELATION_SWAPS: SwapVocabulary = {
  relation: ['left of', 'right of'],
  height: ['above', 'below'],
  depth: ['in front of', 'behind'],
  side: ['on top of', 'underneath'],
};

/** Options of `hardNegatives`. */
export interface HardNegativeOptions {
  /** Default `SCENE_SWAPS`. */
  readonly vocabulary?: SwapVocabulary;
  /** Most negatives wanted. Default 4. */
  readonly count?: number;
  /** Default 0. */
  readonly seed?: number;
  /**
   * Other texts that are true of the same region, such as its label, attributes or further descriptions: what
   * they say is not taken for wrong. Default none.
   */
  readonly truths?: readonly string[];
  /**
   * Exchange two phrases of one set with each other too (`a red circle left of a blue square` gives
   * `a blue circle left of a red square`): the words stay, the meaning does not. Default false.
   */
  readonly exchange?: boolean;
}

/**
 * Descriptions that are wrong in one phrase: its colour, size, texture, position or object is swapped for
 * another of the same set (`a small red circle` gives `a large red circle`, `a small blue circle`, ...).
 *
 * No phrase is taken that the description or `truths` say themselves: the result would be true. The result is
 * distinct, never the description itself, follows from it and the seed alone, and takes the sets in turn. A
 * description with no known phrase has no hard negatives: the result may be shorter than `count`, or empty.
 *
 * Source: HACL and FG-CLIP train against such texts; here they come from a rule, not from an LLM.
 *
 * @example
 * ```ts
 * import { hardNegatives } from '@fgam/data';
 * const negatives = hardNegatives('a small red circle at the top left', { count: 3, seed: 1 });
 * if (negatives.length !== 3 || negatives.includes('a small red circle at the top left')) throw new Error();
 * ```
 */
export function hardNegatives(description: string, options: HardNegativeOptions = {}): string[] {
  const { vocabulary = SCENE_SWAPS, count = 4, seed = 0, truths = [], exchange = false } = options;
  const words = description.split(' ');
  const start = hash32(String(seed), description);
  const phrases = findPhrases(words, vocabulary);
  const said = new Set(
    [phrases, ...truths.map((text) => findPhrases(text.split(' '), vocabulary))]
      .flat()
      .map(({ phrase }) => phrase),
  );
  const queues = phrases.map(({ at, length, others }, index) =>
    shuffled(
      others.filter((other) => !said.has(other.toLowerCase())),
      start + index,
    )
      .slice(0, count)
      .map((other) => swap(words, at, length, other)),
  );
  const exchanges = exchange ? exchanged(words, phrases) : [];
  if (exchanges.length > 0) queues.push(exchanges);
  const found = new Set<string>();
  const turns = shuffled(queues, start);
  const rounds = Math.max(0, ...queues.map((queue) => queue.length));
  for (let round = 0; round < rounds && found.size < count; round++)
    for (const queue of turns) {
      const text = queue[round];
      if (text !== undefined && text !== description && found.size < count) found.add(text);
    }
  return [...found];
}

interface Phrase {
  /** In lower case. */
  readonly phrase: string;
  readonly at: number;
  readonly length: number;
  readonly others: readonly string[];
}

interface Swap {
  readonly parts: readonly string[];
  readonly others: readonly string[];
}

const indexes = new WeakMap<SwapVocabulary, ReadonlyMap<string, readonly Swap[]>>();

/** A vocabulary's phrases by their first word, the longest first. */
function indexOf(vocabulary: SwapVocabulary): ReadonlyMap<string, readonly Swap[]> {
  const known = indexes.get(vocabulary);
  if (known) return known;
  const index = new Map<string, Swap[]>();
  for (const set of Object.values(vocabulary))
    for (const phrase of set) {
      const parts = phrase.toLowerCase().split(' ');
      const swaps = index.get(parts[0] as string) ?? [];
      swaps.push({ parts, others: set.filter((other) => other !== phrase) });
      swaps.sort((a, b) => b.parts.length - a.parts.length);
      index.set(parts[0] as string, swaps);
    }
  indexes.set(vocabulary, index);
  return index;
}

/** Places of known phrases, the longest first at each place (`top left` is not `top`). */
function findPhrases(words: readonly string[], vocabulary: SwapVocabulary): Phrase[] {
  const phrases: Phrase[] = [];
  const index = indexOf(vocabulary);
  const lower = words.map((word) => word.toLowerCase());
  for (let at = 0; at < words.length; at++) {
    const match = index
      .get(lower[at] as string)
      ?.find(({ parts }) => parts.every((part, i) => lower[at + i] === part));
    if (!match) continue;
    const { parts, others } = match;
    phrases.push({ phrase: parts.join(' '), at, length: parts.length, others });
    at += parts.length - 1;
  }
  return phrases;
}

/** Pairs of phrases of one set, each in the other's place. */
function exchanged(words: readonly string[], phrases: readonly Phrase[]): string[] {
  return phrases.flatMap((first, index) =>
    phrases
      .slice(index + 1)
      .filter(
        ({ phrase }) =>
          phrase !== first.phrase && first.others.some((other) => other.toLowerCase() === phrase),
      )
      .map((second) => {
        // The later one first: the places before it stay.
        const half = swap(words, second.at, second.length, first.phrase).split(' ');
        return swap(half, first.at, first.length, second.phrase);
      }),
  );
}

function swap(words: readonly string[], at: number, length: number, other: string): string {
  const before = words.slice(0, at);
  const article = before.at(-1);
  if (article === 'a' || article === 'an') before[before.length - 1] = articleFor(other);
  return [...before, other, ...words.slice(at + length)].join(' ');
}
