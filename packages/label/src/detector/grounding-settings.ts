import { labelError } from '../error.js';

/** Which detections stay; what a label's provenance records. */
export interface GroundingSettings {
  /** A query stays if its largest probability over all tokens is above this. Default 0.35. */
  readonly boxThreshold: number;
  /** A phrase may be the label if one of its tokens' probabilities is above this. Default 0.25. */
  readonly textThreshold: number;
  /** Boxes of one label whose IoU with a surer one is above this are left out; 1 keeps all. Default 0.7. */
  readonly iouThreshold: number;
  /** Least area of a box, as a fraction of the image. Default 0. */
  readonly minArea: number;
  /** Most detections an image, the surest. Default 100. */
  readonly maxDetections: number;
}

/** Thresholds of Grounding DINO's own demonstration. */
const DEFAULTS: GroundingSettings = {
  boxThreshold: 0.35,
  textThreshold: 0.25,
  iouThreshold: 0.7,
  minArea: 0,
  maxDetections: 100,
};

/**
 * Settings with defaults filled in, checked.
 *
 * @throws FgamError `label/bad-config` that lists every fault
 */
export function groundingSettings(options: Partial<GroundingSettings>): GroundingSettings {
  const settings = {
    boxThreshold: options.boxThreshold ?? DEFAULTS.boxThreshold,
    textThreshold: options.textThreshold ?? DEFAULTS.textThreshold,
    iouThreshold: options.iouThreshold ?? DEFAULTS.iouThreshold,
    minArea: options.minArea ?? DEFAULTS.minArea,
    maxDetections: options.maxDetections ?? DEFAULTS.maxDetections,
  };
  const { maxDetections, ...shares } = settings;
  const faults = Object.entries(shares).flatMap(([name, value]) =>
    value >= 0 && value <= 1 ? [] : [`${name} ${value} is not within 0..1`],
  );
  if (!Number.isInteger(maxDetections) || maxDetections < 1)
    faults.push(`maxDetections ${maxDetections} is not a whole number >= 1`);
  if (faults.length > 0)
    throw labelError(
      'label/bad-config',
      `groundingSettings: expected valid settings, got: ${faults.join('; ')}`,
    );
  return settings;
}
