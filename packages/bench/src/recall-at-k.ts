import { benchError } from './error.js';

/** Recall at one `k`, with what a random order would give. */
export interface RecallScore {
  readonly k: number;
  /** Share of queries with a positive among their `k` best, 0..1. */
  readonly recall: number;
  /** Exact expectation under a random order: mean of `1 - C(N - P, k) / C(N, k)` for `P` positives among `N`. */
  readonly chance: number;
  /** Queries that have a positive. */
  readonly n: number;
}

/** Recall of both directions of a similarity matrix. */
export interface RecallScores {
  /** Each row (a region, say) asks for its columns (texts). */
  readonly rowToColumn: readonly RecallScore[];
  readonly columnToRow: readonly RecallScore[];
}

/** What `recallAtK` takes. */
export interface RecallOptions {
  /** [rows, columns]; larger is nearer. */
  readonly similarity: readonly ArrayLike<number>[];
  /** The columns that match a row; several where descriptions are equal. */
  readonly positives: (row: number) => Iterable<number>;
  /** Default `[1, 5]`. */
  readonly ks?: readonly number[];
}

/**
 * Recall at k in both directions, with several positives a query: a query is served if any of its positives
 * is among its `k` best. Ties count against it, so that equal embeddings of everything score nothing. Queries
 * without a positive are left out of `n`.
 *
 * @throws FgamError `bench/bad-input` where rows differ in length, a similarity is not a number,
 * or a positive is no column
 * @example
 * ```ts
 * import { recallAtK } from '@fgam/bench';
 *
 * const similarity = [[0.9, 0.1], [0.8, 0.2]];
 * const { rowToColumn } = recallAtK({ similarity, positives: (row) => [row], ks: [1] });
 * if (rowToColumn[0]?.recall !== 0.5 || rowToColumn[0].chance !== 0.5) throw new Error('wrong recall');
 * ```
 */
export function recallAtK(options: RecallOptions): RecallScores {
  const { similarity, positives, ks = [1, 5] } = options;
  const columns = similarity[0]?.length ?? 0;
  const rowPositives = similarity.map((row, index) => checkRow(row, index, columns, positives));
  const columnPositives = Array.from({ length: columns }, () => new Set<number>());
  rowPositives.forEach((matches, row) => {
    for (const column of matches) columnPositives[column]?.add(row);
  });
  return {
    rowToColumn: recallOf(ks, rowPositives, columns, (row, column) => similarity[row]?.[column] ?? 0),
    columnToRow: recallOf(
      ks,
      columnPositives,
      similarity.length,
      (column, row) => similarity[row]?.[column] ?? 0,
    ),
  };
}

function recallOf(
  ks: readonly number[],
  positives: readonly ReadonlySet<number>[],
  candidates: number,
  valueOf: (query: number, candidate: number) => number,
): RecallScore[] {
  const queries = positives.flatMap((matches, query) => {
    if (matches.size === 0) return [];
    let best = Number.NEGATIVE_INFINITY;
    for (const match of matches) best = Math.max(best, valueOf(query, match));
    let above = 0;
    for (let candidate = 0; candidate < candidates; candidate += 1)
      if (!matches.has(candidate) && valueOf(query, candidate) >= best) above += 1;
    return [{ above, matches: matches.size }];
  });
  const mean = (value: (query: { above: number; matches: number }) => number): number =>
    queries.reduce((sum, query) => sum + value(query), 0) / queries.length;
  return ks.map((k) => ({
    k,
    recall: mean(({ above }) => (above < k ? 1 : 0)),
    chance: mean(({ matches }) => chanceOf(matches, candidates, k)),
    n: queries.length,
  }));
}

/** `1 - C(N - P, k) / C(N, k)`, as the product over the k draws of the chance to miss. */
function chanceOf(positives: number, candidates: number, k: number): number {
  let miss = 1;
  for (let draw = 0; draw < Math.min(k, candidates); draw += 1)
    miss *= Math.max(0, candidates - positives - draw) / (candidates - draw);
  return 1 - miss;
}

function checkRow(
  row: ArrayLike<number>,
  index: number,
  columns: number,
  positives: RecallOptions['positives'],
): Set<number> {
  const matches = new Set(positives(index));
  const values = Array.from(row);
  if (values.length !== columns || values.some((value) => Number.isNaN(value)))
    throw benchError(
      'bench/bad-input',
      `recallAtK: expected ${columns} numbers in row ${index}, got ${values.length}${values.some(Number.isNaN) ? ' with NaN' : ''}; pass a full matrix`,
    );
  for (const match of matches)
    if (!(Number.isInteger(match) && match >= 0 && match < columns))
      throw benchError(
        'bench/bad-input',
        `recallAtK: expected positives of row ${index} in 0..${columns - 1}, got ${match}; pass column numbers`,
      );
  return matches;
}
