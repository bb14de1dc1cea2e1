import {
  type Column,
  columnsOf,
  formatHalf,
  formatNumber,
  formatValue,
  isBest,
  metricNames,
  type Row,
  rowsOf,
} from './columns.js';
import { type Html, html } from './html.js';
import type { Report, ReportMetric, ReportVariant } from './schema.js';
import { headRow, numberCell, scrollingTable } from './table-parts.js';

/** The headline numbers as a table, and all numbers behind a fold. */
export function resultsSection(report: Report): Html | undefined {
  if (report.variants.length === 0) return undefined;
  const [columns, rows] = [columnsOf(report), rowsOf(report)];
  return html`${scrollingTable('Results by variant', resultTable(report, columns, rows))}
<p class="muted">Value ± half the width of its 95 % interval; n: the questions or claims that it is a share of.
A width of 0 says that nothing varied in the sample, not that the value is certain.
<span aria-hidden="true">★</span> is the best of its column; where intervals overlap, chance may have decided: see the
paired comparisons. <span aria-hidden="true">↓</span> marks where lower is better.</p>
<details><summary>All numbers, with their intervals</summary>
${scrollingTable('All numbers', allNumbers(report, rows))}
</details>`;
}

function resultTable(report: Report, columns: readonly Column[], rows: readonly Row[]): Html {
  const sharedCounts = columns.map((column) => sharedCount(column, rows));
  const heads = columns.map((column, index) => columnHead(column, sharedCounts[index]));
  return html`<table class="results sortable">
<thead><tr><th scope="col">Variant</th><th scope="col">Loop</th>${heads}</tr></thead>
${report.variants.map((variant) => {
  const own = rows.filter((row) => row.variant === variant);
  const lines = own.map((row, index) => {
    const cells = columns.map((column, place) => metricCell(column, row, rows, sharedCounts[place]));
    return html`<tr>${index === 0 ? variantHead(variant, own.length) : ''}
<th scope="row">${row.loop}</th>${cells}</tr>
`;
  });
  return html`<tbody>
${lines}</tbody>
`;
})}</table>`;
}

function columnHead(column: Column, n: number | undefined): Html {
  return html`<th scope="col" class="number">${headingOf(column)}${countOf(n)}</th>`;
}

function variantHead({ name, description, steps }: ReportVariant, span: number): Html {
  const about = [description, ...(steps === undefined ? [] : [`${steps} steps`])]
    .filter((part) => part !== '')
    .join('; ');
  return html`<th scope="rowgroup" rowspan="${span}">${name}<small>${about}</small></th>`;
}

/** A metric's heading with its direction, for the eye and for a screen reader. */
export function headingOf({ heading, better }: Column): Html {
  if (better !== 'lower') return html`${heading}`;
  return html`${heading}&nbsp;<span aria-hidden="true">↓</span><span class="unseen">(lower is better)</span>`;
}

function metricCell(column: Column, row: Row, rows: readonly Row[], shared: number | undefined): Html {
  const metric = row.metrics[column.metric];
  const half = formatHalf(metric).map((text) => html` <small>${text}</small>`);
  const count = shared === undefined ? countOf(metric?.n) : undefined;
  const value = formatValue(metric);
  if (!isBest(column, row, rows)) return html`<td class="number">${value}${half}${count}</td>`;
  const star = html`<span aria-hidden="true">★</span><span class="unseen">best</span>`;
  return html`<td class="number best">${star} <strong>${value}</strong>${half}${count}</td>`;
}

function countOf(n: number | undefined): Html | undefined {
  return n === undefined ? undefined : html` <small>n = ${n}</small>`;
}

/** A column's `n`, where it is the same in all rows. */
function sharedCount({ metric }: Column, rows: readonly Row[]): number | undefined {
  const counts = new Set(rows.flatMap(({ metrics }) => metrics[metric]?.n ?? []));
  return counts.size === 1 ? [...counts][0] : undefined;
}

function allNumbers(report: Report, rows: readonly Row[]): Html {
  const names = metricNames(report);
  const lines = rows.flatMap((row) =>
    names.map((name) => {
      const metric = row.metrics[name];
      return metric && allNumbersRow(row, name, metric);
    }),
  );
  return html`<table class="sortable">
${headRow(['Variant', 'Loop', 'Metric'], ['Value', '95 % interval', 'n'])}
<tbody>
${lines}</tbody>
</table>`;
}

function allNumbersRow({ variant, loop }: Row, name: string, { value, interval, n }: ReportMetric): Html {
  const ends = interval?.map((end) => formatNumber(end, value ?? end)).join(' to ') ?? 'n/a';
  return html`<tr>
<th scope="row">${variant.name}</th>
<td>${loop}</td>
<td><code>${name}</code></td>
${[value === null ? 'n/a' : formatNumber(value), ends, n].map((number) => numberCell(number))}
</tr>
`;
}
