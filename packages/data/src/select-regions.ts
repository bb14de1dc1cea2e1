import type { Region, RegionSample } from './records.js';
import { hash32, shuffled } from './seeded.js';

/** The `source` of COCO's crowd regions: many objects under one box, so their text fits no single one. */
export const COCO_CROWD = 'coco-crowd';

/** Options of `selectRegions`. */
export interface SelectRegionsOptions {
  /** Most regions taken; of more, a choice by `seed` and the sample's id. Default all. */
  readonly max?: number;
  /** Default 0. */
  readonly seed?: number;
  /** Shorter side that a box needs, in pixels. Default 0. */
  readonly minSide?: number;
  /** Take COCO's crowd regions too. Default false. */
  readonly crowd?: boolean;
}

/** The regions of a sample that are fit for region-text pairs, in the sample's order. */
export function selectRegions(sample: RegionSample, options: SelectRegionsOptions = {}): readonly Region[] {
  const { max = Infinity, seed = 0, minSide = 0, crowd = false } = options;
  const fit = sample.regions.filter(({ box, source }) => {
    if (!crowd && source === COCO_CROWD) return false;
    return Math.min((box.x1 - box.x0) * sample.width, (box.y1 - box.y0) * sample.height) >= minSide;
  });
  if (fit.length <= max) return fit;
  const order = shuffled(
    fit.map((_, index) => index),
    hash32(String(seed), sample.id),
  );
  return order
    .slice(0, max)
    .sort((a, b) => a - b)
    .map((index) => fit[index] as Region);
}

/** A sample with the regions that are fit, and the labels of those that are not as `incomplete`, so that nobody takes the rest for all. */
export function selectSample(
  sample: RegionSample,
  options: Pick<SelectRegionsOptions, 'minSide'>,
): RegionSample {
  const regions = selectRegions(sample, options);
  const kept = new Set(regions);
  if (sample.incomplete === 'all') return { ...sample, regions };
  const left = sample.regions.filter((region) => !kept.has(region)).map(({ label }) => label);
  const incomplete = [...new Set([...(sample.incomplete ?? []), ...left])];
  return { ...sample, regions, ...(incomplete.length > 0 ? { incomplete } : {}) };
}
