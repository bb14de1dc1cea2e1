import type { BoxUnit } from '@fgam/data';
import { rectifierError } from '../../error.js';

/** Options of {@link gridBoxes}. */
export interface GridBoxesOptions {
  /** Sides of the boxes as fractions of the image. Default 0.22, 0.3 and 0.4: scenes' objects. */
  readonly scales?: readonly number[];
  /** Step between neighbours as a fraction of the side, at most. Default 0.34. */
  readonly stride?: number;
}

/**
 * Candidate boxes where no detector is at hand: squares of several scales on regular grids that reach all
 * edges, scale by scale, row by row.
 *
 * @throws FgamError `rectifier/bad-config` for scales outside 0 (excluded) to 1, or a stride that is not positive
 * @example
 * ```ts
 * import { gridBoxes } from '@fgam/rectifier';
 *
 * // Halves of the image in steps of a quarter: 3 x 3.
 * const boxes = gridBoxes({ scales: [0.5], stride: 0.5 });
 * if (boxes.length !== 9 || boxes[1]?.x0 !== 0.25 || boxes[1].y0 !== 0) throw new Error('row by row');
 * // Scales of 0.22, 0.3 and 0.4.
 * if (gridBoxes().length !== 12 ** 2 + 8 ** 2 + 6 ** 2) throw new Error(String(gridBoxes().length));
 * ```
 */
export function gridBoxes(options: GridBoxesOptions = {}): BoxUnit[] {
  const { scales = [0.22, 0.3, 0.4], stride = 0.34 } = options;
  if (!(scales.every((side) => side > 0 && side <= 1) && stride > 0))
    throw rectifierError(
      'rectifier/bad-config',
      `gridBoxes: expected scales over 0 and up to 1 and a positive stride, got [${scales.join(', ')}] and ${stride}; give fractions`,
    );
  return scales.flatMap((side) => {
    const steps = Math.max(1, Math.ceil((1 - side) / (side * stride)));
    const starts = side >= 1 ? [0] : Array.from({ length: steps + 1 }, (_, i) => (i * (1 - side)) / steps);
    return starts.flatMap((y0) =>
      starts.map((x0) => ({ x0, y0, x1: Math.min(1, x0 + side), y1: Math.min(1, y0 + side) })),
    );
  });
}
