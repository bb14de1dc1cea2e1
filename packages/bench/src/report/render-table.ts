import { type Column, columnsOf, formatMetric, isBest, type Row, rowsOf } from './columns.js';
import type { Report } from './schema.js';
import { drawColumns, withoutControls, wordsBelow } from './text-columns.js';

/** How a text table is laid out. */
export interface RenderTableOptions {
  /** Characters a line may have; default 120. Columns that do not fit continue in a table below. */
  readonly width?: number;
}

/**
 * A report's numbers as a text table: a row for each variant without and with the loop, a column a task,
 * `value ± half the interval's width`. The best of a column has a `*`, and columns where less is better
 * have `(-)` in their heading.
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
  return drawColumns(lead, numbers, width);
}

function headingOf({ heading, better }: Column): string {
  return wordsBelow(heading) + (better === 'lower' ? ' (-)' : '');
}

function cellOf(column: Column, row: Row, rows: readonly Row[]): string {
  return formatMetric(row.metrics[column.metric]) + (isBest(column, row, rows) ? ' *' : '');
}
