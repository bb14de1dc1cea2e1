import { type Html, html } from '../html.js';
import { figure } from '../plots-section.js';
import { PAPER_COLOURS, plotVariants } from '../plots.js';
import { headRow, scrollingTable } from '../table-parts.js';
import type { PaperData, PaperRow } from './paper-schema.js';
import type { PaperCell, PaperGrid, PaperTable } from './paper-tables.js';
import { halfOf } from './paper-value.js';
import { familyResults, RESULT_TABLES, type ResultTable } from './result-table.js';
import { roundsPlots } from './rounds-plots.js';
import { ROUNDS_ID } from './rounds-table.js';

/** A table of the paper as a section of the page; a figure has plots before its numbers. */
export async function paperSection(table: PaperTable, data: PaperData): Promise<Html> {
  const drawn = await plots(table, data);
  const grids = table.grids.map((grid) => gridPart(table, grid));
  return html`${drawn}
${drawn === undefined ? grids : html`<details><summary>The numbers</summary>${grids}</details>`}
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

/** What of a table is drawn: figures, and answers by round. */
async function plots(
  { id, heading }: PaperTable,
  { rows = [], loops = [] }: PaperData,
): Promise<Html[] | undefined> {
  if (id === ROUNDS_ID) return roundsPlots(loops);
  const table = RESULT_TABLES.find((each) => each.id === id);
  return table?.isFigure === true ? resultPlots(table, heading, rows) : undefined;
}

/** A plot a metric, by family. */
async function resultPlots(table: ResultTable, heading: string, rows: readonly PaperRow[]): Promise<Html[]> {
  const families = familyResults(table, rows);
  return Promise.all(
    families.map(async ({ caption, lines }) => {
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
            `${heading}, ${caption}: ${metric.heading}${direction}; the numbers are in the table below`,
            await plotVariants(points),
          );
        }),
      );
      return html`<h3>${caption}</h3>
<ul class="key"><li><i style="background:${PAPER_COLOURS.ours}"></i>ours, with its 95 % interval</li><li><i style="background:${PAPER_COLOURS.paper}"></i>the paper’s</li></ul>
<div class="plots">${figures}</div>`;
    }),
  );
}
