import { FgamError } from './error.js';
import { addPolygonCoverage } from './polygon-coverage.js';
import type { Mask } from './records.js';

/**
 * How much of each cell of a `grid` x `grid` map a mask covers, row by row: 0 for none of it, 1 for all. What
 * lies outside the image counts for nothing.
 *
 * Exact: run lengths are sets of pixels, each a rectangle of `1 / width` x `1 / height` of the image;
 * polygons are taken with their edges as they are, not by pixels (each by the even-odd rule, several as their
 * union). A mask is in image fractions, so an image that was stretched to a square needs no other numbers.
 *
 * @returns float64 `[grid * grid]`
 * @throws FgamError `data/bad-record` where the runs of a mask are not those of its size
 */
export function maskCoverage(mask: Mask, grid: number): Float64Array {
  const cells = new Float64Array(grid * grid);
  if (mask.kind === 'polygons') addPolygonCoverage(mask.polygons, grid, cells);
  else addRunCoverage(mask, grid, cells);
  return cells;
}

/**
 * Runs go down the columns. What a column covers of each row of cells is summed up first, then shared out to
 * the one or more cells across.
 */
function addRunCoverage({ size, counts }: Mask & { kind: 'rle' }, grid: number, cells: Float64Array): void {
  const [height, width] = size;
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total !== width * height || !(total > 0) || counts.some((count) => !(count >= 0)))
    throw new FgamError(
      'data/bad-record',
      `maskCoverage: expected runs of ${width} x ${height} pixels, got ${total}; leave the mask out`,
    );
  const down = grid / height;
  const across = grid / width;
  const rows = new Float64Array(grid);
  let column = 0;
  let isTouched = false;
  const flush = () => {
    if (isTouched) {
      addSpan(column * across, (column + 1) * across, grid, (cell, share) => {
        for (let row = 0; row < grid; row++)
          cells[row * grid + cell] = (cells[row * grid + cell] as number) + (rows[row] as number) * share;
      });
      rows.fill(0);
    }
    isTouched = false;
    column++;
  };
  let at = 0;
  counts.forEach((count, run) => {
    const end = at + count;
    if (run % 2 === 1)
      while (at < end) {
        while (at >= (column + 1) * height) flush();
        const stop = Math.min(end, (column + 1) * height);
        const from = at - column * height;
        addSpan(from * down, (stop - column * height) * down, grid, (row, share) => {
          rows[row] = (rows[row] as number) + share;
        });
        isTouched = true;
        at = stop;
      }
    at = end;
    while (at >= (column + 1) * height && column < width) flush();
  });
}

/** Shares an interval of 0..grid out to the cells that it crosses. */
function addSpan(from: number, to: number, grid: number, add: (cell: number, share: number) => void): void {
  const last = Math.min(grid - 1, Math.ceil(to) - 1);
  for (let cell = Math.floor(from); cell <= last; cell++)
    add(cell, Math.min(to, cell + 1) - Math.max(from, cell));
}
