import { maskWeights } from './mask-weights.js';
import type { Region } from './records.js';
import { roiWeights } from './roi-weights.js';

/** Over what a region's feature is the mean of the vision tower's tokens. */
export type RegionPooling = 'box' | 'mask';

/**
 * Writes a region's pooling weights: those of its mask (`maskWeights`) where that is asked for and the mask
 * covers some of the image, else those of its box (`roiWeights`).
 *
 * @returns by which they were made
 */
export function writeRegionWeights(
  { box, mask }: Region,
  pooling: RegionPooling,
  grid: number,
  into: Float32Array,
  offset: number,
): RegionPooling {
  if (pooling === 'mask' && mask !== undefined && maskWeights(mask, grid, into, offset)) return 'mask';
  roiWeights(box, grid, into, offset);
  return 'box';
}
