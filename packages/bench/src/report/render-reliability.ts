import { html, trustedHtml } from './html.js';
import { htmlPage } from './html-page.js';
import { plotReliability, type ReliabilityPlot } from './plots.js';
import { headRow } from './table-parts.js';

/**
 * How often what a critic scored alike was right, as one HTML page that needs no other file: the share of
 * right ones by score, the diagonal of a score that is a probability, the acceptance threshold, and how
 * many each bar stands for.
 *
 * @example
 * ```ts
 * import { renderReliability } from '@fgam/bench';
 *
 * const bins = [{ low: 0, high: 0.5, count: 4, score: 0.3, right: 0.25 }, { low: 0.5, high: 1, count: 0, score: 0.75, right: undefined }];
 * const page = await renderReliability({ bins, threshold: 0.4 });
 * if (!page.includes('<svg') || !page.includes('25.0 %')) throw new Error(page);
 * ```
 */
export async function renderReliability(plot: ReliabilityPlot): Promise<string> {
  const title = 'How often answers of a score are right';
  const rows = plot.bins.map(
    ({ low, high, count, right }) =>
      html`<tr><td>${low.toFixed(2)} to ${high.toFixed(2)}</td><td>${count}</td><td>${
        right === undefined ? '' : `${(100 * right).toFixed(1)} %`
      }</td></tr>`,
  );
  const body = html`<main>
<h1>${title}</h1>
<p>The dashed line is a score that is a probability; the upright one, at ${plot.threshold.toFixed(3)}, is the score from which on answers are accepted.</p>
<div role="img" aria-label="share of right answers by score; the numbers are in the table">${trustedHtml(await plotReliability(plot))}</div>
<table>
${headRow(['score', 'answers', 'right'], [])}
<tbody>${rows}</tbody>
</table>
</main>`;
  return htmlPage(title, body).markup;
}
