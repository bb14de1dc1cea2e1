import type { Report } from '../schema.js';
import { drawColumns, withoutControls, wordsBelow } from '../text-columns.js';
import { type PaperCell, type PaperGrid, paperTables } from './paper-tables.js';

/** How the paper's tables are written. */
export interface RenderPaperOptions {
  /** `text` for a terminal (default), or `markdown`. */
  readonly format?: 'text' | 'markdown';
  /** Characters a line of text may have; default 120. Columns that do not fit continue in a table below. */
  readonly width?: number;
}

/**
 * The paper's tables and figures that a report has data of, as text tables or in Markdown: ours beside what
 * the paper reports; what its text does not tell is empty. The best of a row has a `*`.
 *
 * @returns empty for a report without such data
 * @example
 * ```ts
 * import { renderPaper } from '@fgam/bench';
 *
 * const metrics = { 'pope.f1': { value: 0.861, n: 3000 } };
 * const rows = [{ family: 'LLaVA', variant: 'mine', roles: ['full'] as const, metrics }];
 * if (!renderPaper({ paper: { rows } }, { format: 'markdown' }).includes('| 86.1 | +1.64 |')) throw new Error('no number');
 * ```
 */
export function renderPaper(
  { paper = {} }: Pick<Report, 'paper'>,
  { format = 'text', width = 120 }: RenderPaperOptions = {},
): string {
  const isText = format === 'text';
  return paperTables(paper)
    .map(({ heading, notes, grids }) =>
      [
        isText ? heading : `## ${heading}\n`,
        ...grids.flatMap((grid) => [
          ...(grid.caption === undefined
            ? []
            : [isText ? withoutControls(grid.caption) : `### ${escaped(grid.caption)}\n`]),
          isText ? textGrid(grid, width) : `${markdownGrid(grid)}\n`,
        ]),
        ...notes,
      ].join('\n'),
    )
    .join('\n\n');
}

function textGrid({ head, lead = 1, rows, foot = [] }: PaperGrid, width: number): string {
  const columns = head.map((heading, place) => [
    place === 0 ? withoutControls(heading) : wordsBelow(heading),
    ...[...rows, ...foot].map((row) => {
      const { text = '', small } = row[place] ?? {};
      // What a row is, on two lines: more columns fit beside it.
      return place === 0 && small !== undefined
        ? `${withoutControls(text)}\n  ${withoutControls(small)}`
        : withoutControls(lineOf(row[place]));
    }),
  ]);
  return drawColumns(columns.slice(0, lead), columns.slice(lead), width);
}

function markdownGrid({ head, rows, foot = [] }: PaperGrid): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`;
  return [
    line(head),
    `|${head.map((_, place) => (place === 0 ? ' --- |' : ' ---: |')).join('')}`,
    ...[...rows, ...foot].map((row) => line(row.map(lineOf))),
  ].join('\n');
}

function lineOf(cell: PaperCell | undefined): string {
  if (cell === undefined) return '';
  const { text, small, isBest = false } = cell;
  const beside = small === undefined ? '' : small.startsWith('±') ? ` ${small}` : ` (${small})`;
  return `${text}${beside}${isBest ? ' *' : ''}`;
}

/** A name must not end a cell, nor be read as markup. */
function escaped(text: string): string {
  return withoutControls(text).replace(/[\\|<>[\]`*_]/g, '\\$&');
}
