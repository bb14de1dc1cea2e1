import type { CocoBox, CocoObject } from './read-coco.js';
import { overlapArea, type Runs, runsArea } from './runs.js';

/**
 * Intersection over union of a detection and an object, 0..1; of a crowd the share of the
 * detection that lies in it.
 */
export function cocoOverlap(
  detection: CocoBox | Runs,
  { shape, crowd }: Pick<CocoObject, 'shape' | 'crowd'>,
): number {
  if ('counts' in detection && 'counts' in shape) {
    const { shared, union } = overlapArea(detection, shape);
    return shared === 0 ? 0 : shared / (crowd ? runsArea(detection) : union);
  }
  return 'counts' in detection || 'counts' in shape ? 0 : boxOverlap(detection, shape, crowd);
}

function boxOverlap(a: CocoBox, b: CocoBox, crowd: boolean): number {
  const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  const area = a[2] * a[3];
  return shared / (crowd ? area : area + b[2] * b[3] - shared);
}
