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

/** Greedy non-maximum suppression: the indices of the boxes that no better kept box overlaps too much, best first. */
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
