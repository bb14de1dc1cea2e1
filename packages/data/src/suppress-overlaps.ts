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
 *
 * const left = { x0: 0, y0: 0, x1: 0.5, y1: 1 };
 * // Four fifths of the first: IoU 0.8.
 * const inner = { x0: 0, y0: 0, x1: 0.4, y1: 1 };
 * const detections = [
 *   { label: 'dog', score: 0.6, box: inner },
 *   { label: 'dog', score: 0.9, box: left },
 *   { label: 'cat', score: 0.5, box: inner },
 * ];
 * // The less sure dog goes; what overlaps under another label stays.
 * const kept = suppressOverlaps(detections, 0.7).map(({ label, score }) => `${label} ${score}`);
 * if (kept.join() !== 'dog 0.9,cat 0.5') throw new Error(kept.join());
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
