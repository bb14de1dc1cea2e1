import type { Relation } from '../records.js';
import { relationFromPhrase } from '../relation.js';

/** Predicates of place that exclude each other between the same two things in the same order. */
const OPPOSITES: readonly (readonly [string, string])[] = [
  ['left of', 'right of'],
  ['above', 'below'],
  ['over', 'under'],
  ['on', 'under'],
  ['on top of', 'underneath'],
  ['in front of', 'behind'],
  ['inside', 'outside of'],
  ['in', 'outside of'],
];

/** An annotator's predicate without what varies: `is to the left of` gives `left of`, `are behind` gives `behind`. */
export function plainPredicate(predicate: string): string {
  return predicate
    .trim()
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .replace(/^(?:is|are) /, '')
    .replace(/^(?:to|on|at) the (?=left|right)/, '')
    .replace(
      /^(?:standing|sitting|lying|laying|placed|located|resting) (?=on\b|in\b|under\b|behind\b|in front of\b)/,
      '',
    );
}

/** Our relation that an annotator's predicate names (`to the left of`, `is above`), or undefined. */
export function relationOfPredicate(predicate: string): Relation | undefined {
  return relationFromPhrase(plainPredicate(predicate));
}

/** The predicate that is false where this one is true, or undefined where none is known. */
export function oppositePredicate(predicate: string): string | undefined {
  for (const [a, b] of OPPOSITES) {
    if (a === predicate) return b;
    if (b === predicate) return a;
  }
  return undefined;
}
