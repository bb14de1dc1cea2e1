import { iou } from './box.js';
import type { Detection } from './ports.js';

/**
 * Non-maximum suppression for each label by itself: the surest box stays, and those of its label whose IoU
 * with it is above `threshold` go, then the next one.
 *
 * @param detections - in any order
 * @param threshold - 0..1; 1 keeps all
 * @returns the rest, surest first; equal scores in the order given
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
