import { maskCoverage } from './mask-coverage.js';
import type { Mask } from './records.js';

/**
 * Pooling weights of one mask over a `grid` x `grid` token map (row by row):
 * `weight_n = covered_n / sum_m covered_m`, where `covered_n` is the share of token n's cell that the mask
 * covers, exact for run lengths and for polygons. `feature = sum_n weight_n * token_n` is then the mean of
 * the tokens over the mask alone, where `roiWeights` takes all that is in its box.
 *
 * A mask that is the whole of a box has the box's weights.
 *
 * Source: the paper's section 3.2.1 names masks beside boxes; pooling by them is ours.
 *
 * @param mask - image fractions
 * @param grid - cells along each side
 * @param into - float32; where given, the weights are written at `offset` and nothing else of it is touched
 * @returns float32 `[grid * grid]` (or `into`); undefined, with nothing written, where the mask
 * covers no part of the image
 * @throws FgamError `data/bad-record` where the runs of a mask are not those of its size
 * @example
 * ```ts
 * import { maskWeights } from '@fgam/data';
 * // The triangle below the diagonal: half of two cells, all of the one at the bottom left,
 * // none of the one at the top right.
 * const weights = maskWeights({ kind: 'polygons', polygons: [[0, 0, 1, 1, 0, 1]] }, 2);
 * if (weights?.join() !== '0.25,0,0.5,0.25') throw new Error(weights?.join());
 * ```
 */
export function maskWeights(
  mask: Mask,
  grid: number,
  into?: Float32Array,
  offset = 0,
): Float32Array | undefined {
  const covered = maskCoverage(mask, grid);
  let sum = 0;
  for (const share of covered) sum += share;
  // Rounding leaves a little of edges that lie on each other.
  if (!(sum > 1e-12)) return undefined;
  const target = into ?? new Float32Array(grid * grid);
  covered.forEach((share, cell) => {
    // Edges that lie on each other may leave a share that is not quite 0.
    if (share > 0) target[offset + cell] = share / sum;
  });
  return target;
}
