import { createRandom } from '@fgam/data';
import type { Study } from './study.js';

/** What one rater sees, in which order. */
export interface BlindOrder {
  /** Indices of the study's items, by position. */
  readonly items: readonly number[];
  /** Indices of the study's systems, by slot, for the item at a position. */
  readonly systemsAt: (position: number) => readonly number[];
}

/**
 * The order of items, and of responses within each, that a rater gets: it depends on the study's seed,
 * the rater's name and the item's id alone, so that a rater who comes back finds the same, and two
 * raters find different ones.
 */
export function blindOrder(study: Study, rater: string): BlindOrder {
  const { seed } = study;
  // As JSON, so that no two pairs of names make one key.
  const random = (...parts: readonly string[]) =>
    createRandom(`${seed}/human-eval/${JSON.stringify([rater, ...parts])}`);
  const items = random().shuffle(study.items.map((_, index) => index));
  return {
    items,
    systemsAt: (position) => {
      const item = study.items[items[position] ?? -1];
      return item ? random(item.id).shuffle(study.systems.map((_, index) => index)) : [];
    },
  };
}
