import type { DraftFollower } from './draft-follower.js';

/** Proposals in a row that may be worth less than they cost. */
const PATIENCE = 5;

/**
 * Proposes what a function makes of the answer so far, until it was wrong five times in a row.
 *
 * @param worth - tokens that a proposal must save, 1 or more: shorter ones are not made
 */
export function createGuessFollower(
  guess: (said: readonly number[]) => readonly number[],
  worth: number,
): DraftFollower {
  let misses = 0;
  return {
    propose(said, most) {
      if (misses === PATIENCE || most < worth) return [];
      const next = guess(said).slice(0, most);
      return next.length < worth ? [] : next;
    },
    taken(count) {
      misses = count < worth ? misses + 1 : 0;
    },
  };
}
