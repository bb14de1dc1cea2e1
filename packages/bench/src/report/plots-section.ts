import type { Column, Row } from './columns.js';
import { type Html, html, trustedHtml } from './html.js';
import { LOOP_COLOURS, plotCurve, plotMetric } from './plots.js';
import { headingOf } from './results-section.js';
import type { Report } from './schema.js';

/** Each metric by variant, without and with the loop; the numbers are in the results table. */
export async function plotsSection(
  columns: readonly Column[],
  rows: readonly Row[],
): Promise<Html | undefined> {
  const shown = columns.filter(({ metric }) =>
    rows.some(({ metrics }) => typeof metrics[metric]?.value === 'number'),
  );
  if (shown.length === 0) return undefined;
  const plots = await Promise.all(
    shown.map(async (column) =>
      figure(
        headingOf(column),
        `${column.heading} by variant; the numbers are in the results table`,
        await plotMetric(column, rows),
      ),
    ),
  );
  const key = [...new Set(rows.map(({ loop }) => loop))].map(
    (loop) => html`<li><i style="background:${LOOP_COLOURS[loop]}"></i>${loop}</li>`,
  );
  return html`<ul class="key">${key}<li>lines over the bars: 95 % intervals</li></ul>
<div class="plots">${plots}</div>`;
}

/** The loss of each run and its parts against the step. */
export async function curvesSection(report: Report): Promise<Html | undefined> {
  const curves = report.curves.filter(({ points }) => points.length > 0);
  if (curves.length === 0) return undefined;
  const plots = await Promise.all(
    curves.map(async (curve) => figure(html`${curve.name}`, describe(curve), await plotCurve(curve))),
  );
  return html`<div class="plots">${plots}</div>`;
}

function describe({ name, points }: Report['curves'][number]): string {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return name;
  return `Loss of ${name}: ${first.loss.toPrecision(3)} at step ${first.step}, ${last.loss.toPrecision(3)} at step ${last.step}`;
}

/** A plot with its caption, and what it says for who does not see it. */
export function figure(caption: Html, label: string, svg: string): Html {
  return html`<figure class="plot">
<figcaption>${caption}</figcaption>
<div role="img" aria-label="${label}">${trustedHtml(svg)}</div>
</figure>
`;
}
