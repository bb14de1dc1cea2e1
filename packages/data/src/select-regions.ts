import { keepRegions } from './keep-regions.js';
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

/**
 * The regions of a sample that are fit for region-text pairs, in the sample's order.
 *
 * @example
 * ```ts
 * import { COCO_CROWD, selectRegions } from '@fgam/data';
 * const box = (x1: number, y1: number) => ({ x0: 0, y0: 0, x1, y1 });
 * const regions = [
 *   { id: 'cat', label: 'cat', description: 'a cat', source: 'coco', box: box(0.5, 0.5) },
 *   { id: 'bee', label: 'bee', description: 'a bee', source: 'coco', box: box(0.5, 0.1) },
 *   { id: 'sheep', label: 'sheep', description: 'many sheep', source: COCO_CROWD, box: box(1, 1) },
 * ];
 * const sample = { id: 'a', image: 'a.jpg', width: 100, height: 80, regions };
 * // The cat's shorter side is 0.5 * 80 = 40 pixels, the bee's 0.1 * 80 = 8; the sheep are a crowd.
 * const fit = selectRegions(sample, { minSide: 16 });
 * if (fit.map(({ id }) => id).join() !== 'cat') throw new Error(JSON.stringify(fit));
 * if (selectRegions(sample, { max: 1, crowd: true }).length !== 1) throw new Error('expected one of three');
 * ```
 */
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

/** A sample with the regions that are fit alone (`keepRegions`). */
export function selectSample(
  sample: RegionSample,
  options: Pick<SelectRegionsOptions, 'minSide'>,
): RegionSample {
  return keepRegions(sample, selectRegions(sample, options));
}
