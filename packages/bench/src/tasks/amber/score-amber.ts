import { createNameFinder, type NameFinder } from '../words/find-names.js';
import type { AmberItem, AmberTruth } from './read-amber.js';

/** The official script starts each count here, so that nothing is divided by zero. */
const NONE = 0.001;

/** What a description adds to the sums. */
export interface AmberCounts {
  readonly named: number;
  /** Named and not there. */
  readonly wrong: number;
  readonly objects: number;
  /** Of the objects, those named. */
  readonly covered: number;
  readonly likely: number;
  /** Of the objects that people would think of but are not there, those named. */
  readonly imagined: number;
}

/** A yes/no question's truth and the answer as it stands. */
export interface AmberVerdict {
  readonly truth: 'yes' | 'no';
  readonly said: 'yes' | 'no' | undefined;
}

/** Finds the words that AMBER's association knows, each as itself. */
export function createAmberFinder({ association }: Pick<AmberTruth, 'association'>): NameFinder {
  const words = [...association].flatMap(([name, others]) => [name, ...others]);
  return createNameFinder(new Map(words.map((word) => [word, word])));
}

/**
 * Counts a description's words: one that is safe is passed over; one that stands for an object of the image
 * covers it; all others are not there, and those that stand for an object which people would think of are
 * counted as imagined too. The official script also takes words for one another whose vectors are near
 * (spaCy); here only the association does.
 */
export function countAmberWords(
  words: readonly string[],
  item: Extract<AmberItem, { readonly dimension: 'generative' }>,
  { association, safe }: Pick<AmberTruth, 'association' | 'safe'>,
): AmberCounts {
  // The place of the object that each word stands for; the words of the association come first,
  // as in the official lists.
  const placesOf = (objects: readonly string[]) => {
    const places = new Map<string, number>();
    const add = (word: string, place: number) => places.set(word, places.get(word) ?? place);
    for (const [place, object] of objects.entries())
      for (const word of association.get(object) ?? []) add(word, place);
    for (const [place, object] of objects.entries()) add(object, place);
    return places;
  };
  const [there, likely] = [placesOf(item.truth), placesOf(item.false)];
  const [covered, imagined] = [new Set<number>(), new Set<number>()];
  let wrong = 0;
  for (const word of words) {
    if (safe.has(word)) continue;
    const place = there.get(word);
    if (place !== undefined) {
      covered.add(place);
      continue;
    }
    wrong += 1;
    const thought = likely.get(word);
    if (thought !== undefined) imagined.add(thought);
  }
  return {
    ...{ named: words.length, wrong },
    ...{ objects: item.truth.length, covered: covered.size },
    ...{ likely: item.false.length, imagined: imagined.size },
  };
}

/** The four scores of descriptions in percent, rounded to one place as officially. */
export function amberDescriptionScores(counts: readonly AmberCounts[]) {
  const sum = (pick: (each: AmberCounts) => number) => counts.reduce((total, each) => total + pick(each), 0);
  const clean = counts.filter(({ wrong }) => wrong === 0).length;
  return {
    chair: percent(
      sum(({ wrong }) => wrong),
      sum(({ named }) => named),
    ),
    cover: percent(
      sum(({ covered }) => covered),
      sum(({ objects }) => objects),
    ),
    hal: rounded(100 - (clean / (counts.length + NONE)) * 100),
    cog: percent(
      sum(({ imagined }) => imagined),
      sum(({ likely }) => likely),
    ),
  };
}

/**
 * The four scores of yes/no questions in percent, rounded to one place as officially; `no` is positive, and
 * F1 is of the rounded precision and recall.
 *
 * @param guard - what keeps F1 from a division by zero: 0.0001, and 0.001 for existence alone
 */
export function amberAnswerScores(verdicts: readonly AmberVerdict[], guard: number) {
  const count = (test: (verdict: AmberVerdict) => boolean) => verdicts.filter(test).length;
  const hits = count(({ truth, said }) => truth === 'no' && said === 'no');
  const precision = percent(
    hits,
    count(({ said }) => said === 'no'),
  );
  const recall = percent(
    hits,
    count(({ truth }) => truth === 'no'),
  );
  const [p, r] = [precision / 100, recall / 100];
  return {
    accuracy: percent(
      count(({ truth, said }) => truth === said),
      verdicts.length,
    ),
    ...{ precision, recall },
    f1: rounded(((2 * p * r) / (p + r + guard)) * 100),
  };
}

function percent(count: number, of: number): number {
  return rounded((count / (of + NONE)) * 100);
}

/** One place; a tie, where Python rounds to even, does not come up: no denominator is whole. */
function rounded(value: number): number {
  return Number(value.toFixed(1));
}
