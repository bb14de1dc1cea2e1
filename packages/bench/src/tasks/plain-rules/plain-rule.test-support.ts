import type { Random } from '@fgam/data';
import type { BenchmarkTask } from '../benchmark-task.js';

/** A number, null where there is nothing to divide by, or values by name. */
export type PlainValue = number | null | { readonly [name: string]: PlainValue };

/** Part of a score: what is not named is not compared. */
export interface PlainScore {
  readonly metrics: Readonly<Record<string, PlainValue>>;
  readonly byCategory?: Readonly<Record<string, PlainValue>>;
}

/** Questions drawn at random, and answers to them. */
export interface PlainSet {
  /** Files of the truth's folder. */
  readonly truth: Readonly<Record<string, unknown>>;
  /** Rows of a file of predictions, one a question, of all kinds. */
  readonly said: readonly unknown[];
  /** Rows that are right throughout. */
  readonly right: readonly unknown[];
  /** What `said` is worth. */
  readonly wanted: PlainScore;
  /** What `right` is worth, and what a file without rows is where missing ones are allowed. */
  readonly full: PlainScore;
  readonly none: PlainScore;
}

/** A benchmark's rule once more, in few words and without a line of the scorer's. */
export interface PlainRule {
  readonly task: BenchmarkTask;
  /** Default all of the task. */
  readonly dialects?: readonly string[];
  /** Rows whose place is all that joins them to the questions: their order counts. */
  readonly isOrdered?: boolean;
  /** Needs a judge where nothing is answered, though it is then asked nothing. */
  readonly hasJudge?: boolean;
  readonly draw: (random: Random, dialect: string) => PlainSet;
}

/** Items made one after another. */
export function times<Item>(count: number, make: (index: number) => Item): Item[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** The mean; null of nothing. */
export function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The share of items for which something holds; null of nothing. */
export function shareOf<Item>(items: readonly Item[], holds: (item: Item) => boolean): number | null {
  return items.length === 0 ? null : items.filter(holds).length / items.length;
}

/** Parts of a list by a key, in the order in which keys are met. */
export function groupsOf<Item>(items: readonly Item[], keyOf: (item: Item) => string): [string, Item[]][] {
  return [...new Set(items.map(keyOf))].map((key) => [key, items.filter((item) => keyOf(item) === key)]);
}

/** A value for each group of a list. */
export function byGroup<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  valueOf: (own: Item[]) => PlainValue,
): Record<string, PlainValue> {
  return Object.fromEntries(groupsOf(items, keyOf).map(([key, own]) => [key, valueOf(own)]));
}
