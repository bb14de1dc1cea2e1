import { COCO_CROWD, type Detection, type RegionSample } from '@fgam/data';
import type { ScoredImage } from './coco-average-precision.js';

/** A sample of COCO and what was found in it, to be scored. */
export function toScoredImage(sample: RegionSample, detections: readonly Detection[]): ScoredImage {
  return {
    truths: sample.regions.map(({ box, label, source }) => ({ box, label, crowd: source === COCO_CROWD })),
    detections,
  };
}
