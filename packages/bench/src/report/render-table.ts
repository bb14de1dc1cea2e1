import Table from 'cli-table3';
import { columnsOf, formatMetric, rowsOf } from './columns.js';
import type { Report } from './schema.js';

/**
 * A report's numbers as a text table: a row for each variant without and with the loop, a column a task, `value ± half the
 * interval's width`. Metrics where less is better have `(-)` in their heading.
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
export function renderTable(report: Report): string {
  const columns = columnsOf(report);
  const table = new Table({
    head: [
      'Variant',
      'Loop',
      ...columns.map(({ heading, isLowerBetter }) => heading + (isLowerBetter ? ' (-)' : '')),
    ],
    style: { head: [], border: [] },
    wordWrap: true,
  });
  for (const row of rowsOf(report))
    table.push([
      withoutControls(row.variant.name),
      row.loop === 'with loop' ? 'with' : 'without',
      ...columns.map(({ metric }) => formatMetric(row.metrics[metric])),
    ]);
  return table.toString();
}

/** A name must not move a terminal's cursor. */
function withoutControls(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ');
}
