import { roundHalfEven } from './round-half-even.js';

/**
 * The mean of credits of 0..1 in percent, null without any. They are added in the order of the truth, so that
 * the order of predictions changes nothing, and without compensation, as Python did before 3.12: what lies
 * exactly between two rounded values depends on it.
 *
 * @param places - decimal places, rounded as Python does; unrounded where undefined
 */
export function percent(credits: readonly number[], places?: number): number | null {
  if (credits.length === 0) return null;
  const value = (100 * credits.reduce((sum, credit) => sum + credit, 0)) / credits.length;
  return places === undefined ? value : roundHalfEven(value, places);
}

/** The mean of each category's credits, as `percent`, in the order in which categories are met. */
export function percentByCategory<Row>(
  rows: readonly Row[],
  creditOf: (row: Row) => number,
  categoriesOf: (row: Row) => string | readonly string[],
  places?: number,
): Record<string, number | null> {
  const credits = new Map<string, number[]>();
  for (const row of rows) {
    const categories = categoriesOf(row);
    for (const category of typeof categories === 'string' ? [categories] : categories) {
      const known = credits.get(category) ?? [];
      if (known.length === 0) credits.set(category, known);
      known.push(creditOf(row));
    }
  }
  return Object.fromEntries([...credits].map(([category, each]) => [category, percent(each, places)]));
}
