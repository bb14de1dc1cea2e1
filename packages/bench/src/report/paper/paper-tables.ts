import { correctionsTable } from './corrections-table.js';
import { criticsTable } from './critics-table.js';
import { errorsTable } from './errors-table.js';
import { humanTable } from './human-table.js';
import { latencyTable } from './latency-table.js';
import type { PaperData } from './paper-schema.js';
import { RESULT_TABLES, resultTable } from './result-table.js';
import { roundsTable } from './rounds-table.js';

/** A cell: what is shown, and what a column is sorted by. */
export interface PaperCell {
  readonly text: string;
  /** Beneath, smaller. */
  readonly small?: string;
  readonly sort?: number;
  readonly isBest?: boolean;
}

/** One grid; the first column names its rows. */
export interface PaperGrid {
  /** What it is of, where a table has several: a family, a source. */
  readonly caption?: string;
  readonly head: readonly string[];
  /** Columns that say what a row is, from the first; default 1. */
  readonly lead?: number;
  readonly rows: readonly (readonly PaperCell[])[];
  /** Rows of another kind, which stay below however the others are sorted. */
  readonly foot?: readonly (readonly PaperCell[])[];
}

/** A table or figure of the paper with our numbers and its own, before it is drawn. */
export interface PaperTable {
  /** `table-1`. */
  readonly id: string;
  readonly heading: string;
  /** How to read it. */
  readonly notes: readonly string[];
  readonly grids: readonly PaperGrid[];
}

/** What rounds broke and fixed, then the paper's tables and figures that there are data of, in its order. */
export function paperTables(data: PaperData): PaperTable[] {
  return [
    correctionsTable(data.loops ?? []),
    ...RESULT_TABLES.map((table) => resultTable(table, data.rows ?? [])),
    roundsTable(data.loops ?? []),
    errorsTable(data.errors ?? [], data.loops ?? []),
    criticsTable(data.critics ?? []),
    latencyTable(data.latency ?? [], data.loops ?? []),
    humanTable(data.human),
  ].flatMap((table) => (table === undefined || table.grids.length === 0 ? [] : [table]));
}
