import Table from 'cli-table3';
import { type Column, columnsOf, formatMetric, isBest, type Row, rowsOf } from './columns.js';
import type { Report } from './schema.js';

/** How a text table is laid out. */
export interface RenderTableOptions {
  /** Characters a line may have; default 120. Columns that do not fit continue in a table below. */
  readonly width?: number;
}

/**
 * A report's numbers as a text table: a row for each variant without and with the loop, a column a task, `value ± half the
 * interval's width`. The best of a column has a `*`, and columns where less is better have `(-)` in their heading.
 *
 * @example
 * ```ts
 * import { renderTable } from '@fgam/bench';
 *
 * const metrics = { 'spatial.accuracy': { value: 0.75, n: 40, interval: [0.625, 0.875] as const } };
 * const variants = [{ name: 'full', description: '', steps: 100, metrics }];
 * const report = { title: 'Run', generatedAt: '2026-01-01', provenance: {}, variants, curves: [], comparisons: [], examples: [] };
 * if (!renderTable(report).includes('0.750 ± 0.125')) throw new Error('no number');
 * ```
 */
export function renderTable(report: Report, { width = 120 }: RenderTableOptions = {}): string {
  const rows = rowsOf(report);
  const lead = [
    ['Variant', ...rows.map(({ variant }) => withoutControls(variant.name))],
    ['Loop', ...rows.map(({ loop }) => (loop === 'with loop' ? 'with' : 'without'))],
  ];
  const numbers = columnsOf(report).map((column) => [
    headingOf(column),
    ...rows.map((row) => cellOf(column, row, rows)),
  ]);
  return fold(numbers, width - widthOf(lead) - 1)
    .map((part) => draw([...lead, ...part]))
    .join('\n');
}

function headingOf({ heading, better }: Column): string {
  // A word a line keeps columns as narrow as their numbers.
  return withoutControls(heading).replaceAll(' ', '\n') + (better === 'lower' ? ' (-)' : '');
}

function cellOf(column: Column, row: Row, rows: readonly Row[]): string {
  return formatMetric(row.metrics[column.metric]) + (isBest(column, row, rows) ? ' *' : '');
}

/** Columns in groups of at most `room` characters; at least one a group. */
function fold(columns: readonly string[][], room: number): string[][][] {
  const groups: string[][][] = [[]];
  for (const column of columns) {
    const group = groups.at(-1) ?? [];
    if (group.length === 0 || widthOf([...group, column]) <= room) group.push(column);
    else groups.push([column]);
  }
  return groups;
}

/** Characters that columns take: the text, a blank on each side, a line. */
function widthOf(columns: readonly string[][]): number {
  const longest = (column: string[]): number =>
    Math.max(...column.flatMap((cell) => cell.split('\n')).map((line) => line.length));
  return columns.reduce((sum, column) => sum + longest(column) + 3, 0);
}

function draw(columns: readonly string[][]): string {
  const [head = [], ...rows] = (columns[0] ?? []).map((_, row) => columns.map((column) => column[row] ?? ''));
  const table = new Table({ head, style: { head: [], border: [] } });
  table.push(...rows);
  return table.toString();
}

/** A name must not move a terminal's cursor, nor turn its text around. */
function withoutControls(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, ' ');
}
