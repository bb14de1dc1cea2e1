import { type Html, html } from '../html.js';
import { figure } from '../plots-section.js';
import { PAPER_COLOURS, plotVariants } from '../plots.js';
import { headRow, scrollingTable } from '../table-parts.js';
import type { PaperData } from './paper-schema.js';
import type { PaperCell, PaperGrid, PaperTable } from './paper-tables.js';
import { familyResults, halfOf, RESULT_TABLES } from './result-table.js';

/** A table of the paper as a section of the page; a figure has plots before its numbers. */
export async function paperSection(table: PaperTable, data: PaperData): Promise<Html> {
  const isFigure = RESULT_TABLES.some(({ id, isFigure: is }) => is && id === table.id);
  const grids = table.grids.map((grid) => gridPart(table, grid));
  return html`${isFigure ? await plots(table, data) : ''}
${isFigure ? html`<details><summary>The numbers</summary>${grids}</details>` : grids}
${table.notes.map((note) => html`<p class="muted">${note}</p>`)}`;
}

function gridPart({ heading }: PaperTable, grid: PaperGrid): Html {
  const { caption, head, rows, foot = [] } = grid;
  const [first = '', ...others] = head;
  const paperColumns = head.map((name) => name.startsWith('Paper'));
  const line = (cells: readonly PaperCell[]): Html =>
    html`<tr>${cells.map((cell, place) => cellOf(cell, place, paperColumns[place] === true))}</tr>
`;
  const label = caption === undefined ? heading : `${heading}, ${caption}`;
  return html`${caption === undefined ? '' : html`<h3>${caption}</h3>`}
${scrollingTable(
  label,
  html`<table class="paper sortable">
${headRow([first], others)}
<tbody>
${rows.map(line)}</tbody>
${foot.length === 0 ? '' : html`<tfoot>${foot.map(line)}</tfoot>`}
</table>`,
)}`;
}

function cellOf({ text, small, sort, isBest = false }: PaperCell, place: number, isPaper: boolean): Html {
  const beneath = small === undefined ? '' : html` <small>${small}</small>`;
  if (place === 0) return html`<th scope="row">${text}${beneath}</th>`;
  const value = isBest
    ? html`<span aria-hidden="true">★</span><span class="unseen">best</span> <strong>${text}</strong>`
    : text;
  const className = `number${isPaper ? ' reported' : ''}${isBest ? ' best' : ''}`;
  return html`<td class="${className}" data-sort="${sort === undefined ? '' : String(sort)}">${value}${beneath}</td>`;
}

/** A plot a metric, by family. */
async function plots({ id, heading }: PaperTable, { rows = [] }: PaperData): Promise<Html[]> {
  const table = RESULT_TABLES.find((each) => each.id === id);
  if (table === undefined) return [];
  const families = familyResults(table, rows);
  return Promise.all(
    families.map(async ({ family, lines }) => {
      const figures = await Promise.all(
        lines.map(async ({ metric, cells }) => {
          const points = cells.flatMap(({ column, value, reported }) => {
            if (typeof value?.value !== 'number') return [];
            const half = halfOf(value) ?? 0;
            const [low, high] =
              value.half === undefined && value.interval
                ? value.interval
                : [value.value - half, value.value + half];
            const paper = reported !== undefined && 'value' in reported ? { paper: reported.value } : {};
            return [{ variant: column.heading, value: value.value, low, high, ...paper }];
          });
          const direction = metric.better === 'lower' ? ', lower is better' : '';
          return figure(
            html`${metric.heading}<small>${metric.unit}${direction}</small>`,
            `${heading}, ${family}: ${metric.heading}${direction}; the numbers are in the table below`,
            await plotVariants(points),
          );
        }),
      );
      return html`<h3>${family}</h3>
<ul class="key"><li><i style="background:${PAPER_COLOURS.ours}"></i>ours, with its 95 % interval</li><li><i style="background:${PAPER_COLOURS.paper}"></i>the paper’s</li></ul>
<div class="plots">${figures}</div>`;
    }),
  );
}
