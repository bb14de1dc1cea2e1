export {
  cocoAveragePrecision,
  type AveragePrecision,
  type ScoredImage,
  type TrueObject,
} from './detector/coco-average-precision.js';
export {
  createGroundingDino,
  type GroundingDino,
  type GroundingDinoOptions,
} from './detector/grounding-dino.js';
export { type GroundingSettings } from './detector/grounding-settings.js';
export { labelSample, type SampleLabels } from './detector/label-sample.js';
export { suppressOverlaps } from './detector/suppress-overlaps.js';
export { type LabelErrorCode } from './error.js';
