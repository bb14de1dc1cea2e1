import { boxArea, type BoxUnit, intersectionArea, iou } from '@fgam/data';

/** Options of {@link suppress}. */
export interface SuppressOptions {
  /** A box goes if a better kept one overlaps it by more than this. */
  readonly maxIou: number;
  /**
   * Classes of the boxes: of one class, a box goes too if a better one shares more than
   * `maxShare` of the smaller's area.
   */
  readonly classes?: readonly unknown[];
  /** Default 0.3. */
  readonly maxShare?: number;
}

/**
 * Greedy non-maximum suppression: the indices of the boxes that no better kept box overlaps too much, best
 * first.
 *
 * @param scores - one a box; of equal ones the earlier box is the better
 * @example
 * ```ts
 * import { suppress } from '@fgam/rectifier';
 *
 * const boxes = [
 *   { x0: 0, y0: 0, x1: 0.5, y1: 0.5 },
 *   { x0: 0.1, y0: 0, x1: 0.6, y1: 0.5 }, // IoU with the first: 0.2 / 0.3
 *   { x0: 0.6, y0: 0.6, x1: 0.9, y1: 0.9 },
 * ];
 * const scores = [0.5, 0.9, 0.7];
 * if (suppress(boxes, scores, { maxIou: 0.5 }).join() !== '1,2') throw new Error('the first goes');
 * if (suppress(boxes, scores, { maxIou: 0.7 }).join() !== '1,2,0') throw new Error('all stay');
 * ```
 */
export function suppress(
  boxes: readonly BoxUnit[],
  scores: readonly number[],
  options: SuppressOptions,
): number[] {
  const { maxIou, classes, maxShare = 0.3 } = options;
  const kept: number[] = [];
  const order = boxes.map((_, index) => index).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
  for (const index of order) {
    const box = boxes[index] as BoxUnit;
    const isFree = kept.every((other) => {
      const rival = boxes[other] as BoxUnit;
      const isSameClass = classes !== undefined && classes[index] === classes[other];
      return iou(box, rival) <= maxIou && !(isSameClass && sharedPart(box, rival) > maxShare);
    });
    if (isFree) kept.push(index);
  }
  return kept;
}

/** The shared area as a part of the smaller box. */
export function sharedPart(a: BoxUnit, b: BoxUnit): number {
  const smaller = Math.min(boxArea(a), boxArea(b));
  return smaller > 0 ? intersectionArea(a, b) / smaller : 0;
}
