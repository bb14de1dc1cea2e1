import { iou } from './box.js';
import type { Detection } from './ports.js';

/**
 * Non-maximum suppression for each label by itself: the surest box stays, and those of its label whose IoU
 * with it is above `threshold` go, then the next one.
 *
 * @param detections - in any order
 * @param threshold - 0..1; 1 keeps all
 * @returns the rest, surest first; equal scores in the order given
 * @example
 * ```ts
 * import { suppressOverlaps } from '@fgam/data';
 * const box = (x0: number, x1: number) => ({ x0, y0: 0, x1, y1: 1 });
 * const dog = { label: 'dog', score: 0.7, box: box(0.1, 0.5) };
 * const less = { label: 'cat', score: 0.8, box: box(0.1, 0.5) };
 * const sure = { label: 'cat', score: 0.9, box: box(0, 0.5) };
 * // The cats share 0.4 of 0.5: their IoU is 0.8. The dog's box is that of a cat, but of another label.
 * const kept = suppressOverlaps([dog, less, sure], 0.7);
 * if (kept.length !== 2 || kept[0] !== sure || kept[1] !== dog) throw new Error(JSON.stringify(kept));
 * ```
 */
export function suppressOverlaps<Found extends Detection>(
  detections: readonly Found[],
  threshold: number,
): Found[] {
  const kept: Found[] = [];
  for (const detection of [...detections].sort((a, b) => b.score - a.score)) {
    const hides = (other: Found) =>
      other.label === detection.label && iou(other.box, detection.box) > threshold;
    if (!kept.some(hides)) kept.push(detection);
  }
  return kept;
}
