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
  const isFound = rowTest(query);
  const found: number[] = [];
  for (let row = from; row < rows.length; row++) if (isFound(rows[row] as ViewRow)) found.push(row);
  return found;
}

/**
 * Finds rows of a list that grows, for one who types: the last query's rows are kept, as scrolling asks for them again; of a list that
 * grew only what is new is looked through, and a query that narrows the last one looks through what that found.
 */
export function createRowFinder(rows: readonly ViewRow[]): (query: RowQuery) => readonly number[] {
  let last: RowQuery = { search: '', filters: new Map() };
  let found: number[] = [];
  let until = 0;
  return (query) => {
    const narrows = isNarrower(query, last);
    if (!narrows) [found, until] = [[], 0];
    else if (!isNarrower(last, query)) {
      const isFound = rowTest(query);
      found = found.filter((row) => isFound(rows[row] as ViewRow));
    }
    for (const row of findRows(rows, query, until)) found.push(row);
    until = rows.length;
    last = query;
    return found;
  };
}

/** Whether all that a query finds is found by another, too: its words begin with the other's, and it has the other's filters. */
function isNarrower(query: RowQuery, other: RowQuery): boolean {
  return (
    query.search.toLowerCase().startsWith(other.search.toLowerCase()) &&
    [...other.filters].every(([name, value]) => query.filters.get(name) === value)
  );
}

function rowTest(query: RowQuery): (row: ViewRow) => boolean {
  const words = query.search.toLowerCase().split(/\s+/).filter(Boolean);
  const filters = [...query.filters];
  return ({ text, facets }) =>
    filters.every(([name, value]) => facets[name]?.includes(value)) &&
    words.every((word) => text.includes(word));
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
