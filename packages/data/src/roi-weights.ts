import { FgamError } from './error.js';
import type { BoxUnit } from './records.js';

/**
 * RoI-pooling weights of one box over a `grid` x `grid` token map (row by row): each token weighs as much as its cell
 * shares area with the box, and the weights sum to 1. `feature = sum_n weight_n * token_n` is then RoI average pooling.
 *
 * @param box - image fractions
 * @param grid - cells along each side
 * @param into - float32; where given, the weights are written at `offset` and nothing is allocated
 * @returns float32 `[grid * grid]` (or `into`)
 * @throws FgamError `data/bad-box` where the box has no area inside the image
 * @example
 * ```ts
 * import { roiWeights } from '@fgam/data';
 * const weights = roiWeights({ x0: 0, y0: 0, x1: 0.75, y1: 0.5 }, 2); // a whole cell and half of its right neighbour
 * const wanted = [2 / 3, 1 / 3];
 * if (!wanted.every((weight, i) => Math.abs((weights[i] ?? 0) - weight) < 1e-6)) throw new Error(weights.join());
 * ```
 */
export function roiWeights(box: BoxUnit, grid: number, into?: Float32Array, offset = 0): Float32Array {
  const target = into ?? new Float32Array(grid * grid);
  const x0 = Math.max(0, Math.min(1, box.x0)) * grid;
  const x1 = Math.max(0, Math.min(1, box.x1)) * grid;
  const y0 = Math.max(0, Math.min(1, box.y0)) * grid;
  const y1 = Math.max(0, Math.min(1, box.y1)) * grid;
  const area = (x1 - x0) * (y1 - y0);
  if (!(x1 > x0 && y1 > y0 && area > 0))
    throw new FgamError(
      'data/bad-box',
      `roiWeights: expected a box with area inside 0..1, got ${JSON.stringify(box)}; readers skip such boxes`,
    );
  const lastRow = Math.min(grid - 1, Math.ceil(y1) - 1);
  const lastColumn = Math.min(grid - 1, Math.ceil(x1) - 1);
  for (let row = Math.floor(y0); row <= lastRow; row++) {
    const high = Math.min(y1, row + 1) - Math.max(y0, row);
    for (let column = Math.floor(x0); column <= lastColumn; column++) {
      const wide = Math.min(x1, column + 1) - Math.max(x0, column);
      target[offset + row * grid + column] = (high * wide) / area;
    }
  }
  return target;
}
