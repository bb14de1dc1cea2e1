import { columnOf, formatDifference } from './columns.js';
import { type Html, html } from './html.js';
import { headingOf } from './results-section.js';
import type { Report } from './schema.js';
import { headRow, numberCell, scrollingTable } from './table-parts.js';

type Comparison = Report['comparisons'][number];

/** Differences of two variants on the same questions; only an interval without 0 shows one. */
export function comparisonsSection({ comparisons }: Report): Html | undefined {
  if (comparisons.length === 0) return undefined;
  const table = html`<table class="sortable">
${headRow(['Variant', 'Against', 'Metric'], ['Difference', '95 % interval', 'n'], ['Verdict'])}
<tbody>
${comparisons.map(comparisonRow)}</tbody>
</table>`;
  return html`<p class="muted">Variant minus baseline on the same questions, drawn together in the bootstrap. Where the
interval includes 0, no difference is shown: there may be one that is too small for so few questions.</p>
${scrollingTable('Differences between variants', table)}`;
}

function comparisonRow(comparison: Comparison): Html {
  const { baseline, variant, metric, difference, interval, n } = comparison;
  const [className, words] = verdictOf(comparison);
  return html`<tr>
<th scope="row">${variant}</th>
<td>${baseline}</td>
<td>${headingOf(columnOf(metric))}</td>
${numberCell(formatDifference(difference))}
${numberCell(interval.map(formatDifference).join(' to '))}
${numberCell(n)}
<td><span class="badge ${className}">${words}</span></td>
</tr>
`;
}

function verdictOf({ metric, interval }: Comparison): readonly [className: string, words: string] {
  const [low, high] = interval;
  if (low <= 0 && high >= 0) return ['', 'no difference shown'];
  const { better } = columnOf(metric);
  if (better === 'neither') return ['', low > 0 ? 'higher' : 'lower'];
  return low > 0 === (better === 'higher') ? ['good', 'better'] : ['bad', 'worse'];
}
