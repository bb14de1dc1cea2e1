import type { WordNet } from './read-word-net.js';

/** Endings of nouns and what they are in the base form (morphy(7WN)). */
const ENDINGS: readonly (readonly [string, string])[] = [
  ['s', ''],
  ['ses', 's'],
  ['ves', 'f'],
  ['xes', 'x'],
  ['zes', 'z'],
  ['ches', 'ch'],
  ['shes', 'sh'],
  ['men', 'man'],
  ['ies', 'y'],
];

/** Similarity of two words by WordNet, 0..1; it remembers what it looked up. */
export type WordSimilarity = (a: string, b: string) => number;

/**
 * The similarity of Wu and Palmer (1994) between the nearest senses of two nouns: `2 d / (l_a + l_b + 2 d)`,
 * d the depth of the deepest common hypernym (the root has 1) and l the shortest ways to it. 1 for equal
 * words, 0 where one is not in WordNet.
 *
 * As NLTK computes it: the common hypernym is the one of greatest least depth (the first by name among
 * equals), its depth the longest way to a root.
 */
export function createWupSimilarity(wordNet: WordNet): WordSimilarity {
  const senses = remembered((word: string) => sensesOf(word, wordNet));
  const ways = remembered((offset: number) => waysUp(offset, wordNet));
  const least = remembered((offset: number): number => depth(offset, wordNet, least, Math.min));
  const greatest = remembered((offset: number): number => depth(offset, wordNet, greatest, Math.max));
  const nameOf = (offset: number): string => wordNet.synsets.get(offset)?.name ?? '';

  function ofSenses(a: number, b: number): number {
    const [fromA, fromB] = [ways(a), ways(b)];
    const common = [...fromA.keys()].filter((offset) => fromB.has(offset));
    if (common.length === 0) return 0;
    const deepest = Math.max(...common.map(least));
    const [first = a] = common
      .filter((offset) => least(offset) === deepest)
      .sort((x, y) => (nameOf(x) < nameOf(y) ? -1 : 1));
    const subsumer = common.includes(a) && least(a) === deepest ? a : first;
    const levels = greatest(subsumer) + 1;
    return (2 * levels) / (distance(fromA, ways(subsumer)) + distance(fromB, ways(subsumer)) + 2 * levels);
  }

  return (a, b) => {
    if (a === b) return 1;
    let best = 0;
    for (const x of senses(a)) for (const y of senses(b)) best = Math.max(best, ofSenses(x, y));
    return best;
  };
}

/** The shortest way between two synsets over any that is above both: it may be one above the subsumer. */
function distance(from: ReadonlyMap<number, number>, to: ReadonlyMap<number, number>): number {
  let shortest = Number.POSITIVE_INFINITY;
  for (const [offset, steps] of from)
    shortest = Math.min(shortest, steps + (to.get(offset) ?? Number.POSITIVE_INFINITY));
  return shortest;
}

/** Offsets of a word's noun senses: of its own form and of its base forms (morphy). */
function sensesOf(word: string, { senses, exceptions }: WordNet): readonly number[] {
  const form = word.toLowerCase().replaceAll(' ', '_');
  const known = (forms: readonly string[]) => [...new Set(forms)].filter((each) => senses.has(each));
  const irregular = exceptions.get(form);
  let lemmas = irregular ? known([form, ...irregular]) : [];
  if (irregular === undefined) {
    let forms = shortened([form]);
    lemmas = known([form, ...forms]);
    while (lemmas.length === 0 && forms.length > 0) {
      forms = shortened(forms);
      lemmas = known(forms);
    }
  }
  return lemmas.flatMap((lemma) => senses.get(lemma) ?? []);
}

function shortened(forms: readonly string[]): string[] {
  return forms.flatMap((form) =>
    ENDINGS.filter(([ending]) => form.endsWith(ending)).map(
      ([ending, base]) => form.slice(0, -ending.length) + base,
    ),
  );
}

/** All hypernyms of a synset and itself, with the shortest way to each. */
function waysUp(offset: number, { synsets }: WordNet): ReadonlyMap<number, number> {
  const ways = new Map([[offset, 0]]);
  // A map's iteration goes on over what is added: breadth first, so that the first way found is the shortest.
  for (const [at, steps] of ways)
    for (const next of synsets.get(at)?.hypernyms ?? []) if (!ways.has(next)) ways.set(next, steps + 1);
  return ways;
}

function depth(
  offset: number,
  { synsets }: WordNet,
  of: (offset: number) => number,
  choose: (...depths: number[]) => number,
): number {
  const hypernyms = synsets.get(offset)?.hypernyms ?? [];
  return hypernyms.length === 0 ? 0 : 1 + choose(...hypernyms.map(of));
}

function remembered<Key, Value>(compute: (key: Key) => Value): (key: Key) => Value {
  const known = new Map<Key, Value>();
  return (key) => {
    const before = known.get(key);
    if (before !== undefined) return before;
    const value = compute(key);
    known.set(key, value);
    return value;
  };
}
