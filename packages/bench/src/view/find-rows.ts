import type { ViewRow } from './view-source.js';

/** What a list is narrowed to. */
export interface RowQuery {
  /** Words that a row must all hold, whatever their case. */
  readonly search: string;
  /** A value by the filter's name. */
  readonly filters: ReadonlyMap<string, string>;
}

/** Numbers of the rows that a query finds, in order, from row `from` on. */
export function findRows(rows: readonly ViewRow[], query: RowQuery, from = 0): number[] {
  const words = query.search.toLowerCase().split(/\s+/).filter(Boolean);
  const filters = [...query.filters];
  const found: number[] = [];
  for (let row = from; row < rows.length; row++) {
    const { text, facets } = rows[row] as ViewRow;
    if (!filters.every(([name, value]) => facets[name]?.includes(value))) continue;
    if (words.every((word) => text.includes(word))) found.push(row);
  }
  return found;
}

/** How many values a filter offers; the others are found by the search. */
const OFFERED = 200;

/** The most frequent values of a filter, and how many there are in all. */
export interface FilterValues {
  readonly name: string;
  readonly values: readonly { readonly value: string; readonly count: number }[];
  readonly total: number;
}

/** The values that rows have for each filter; those without a choice are left out. */
export function filterValues(rows: readonly ViewRow[], names: readonly string[]): FilterValues[] {
  return names.flatMap((name) => {
    const counts = new Map<string, number>();
    for (const { facets } of rows)
      for (const value of facets[name] ?? []) counts.set(value, (counts.get(value) ?? 0) + 1);
    const sorted = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
    const values = sorted.slice(0, OFFERED).map(([value, count]) => ({ value, count }));
    return counts.size > 1 ? [{ name, values, total: counts.size }] : [];
  });
}
