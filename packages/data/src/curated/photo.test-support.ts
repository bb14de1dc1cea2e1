import type { Region, RegionSample } from '../records.js';

/** A box's `x0, y0, x1, y1`. */
type Edges = readonly [number, number, number, number];

/** Three places apart, level with each other. */
export const left: Edges = [0.1, 0.4, 0.3, 0.6];
export const middle: Edges = [0.45, 0.4, 0.55, 0.6];
export const right: Edges = [0.7, 0.4, 0.9, 0.6];

/** A region as COCO's are, its id its label and corner. */
export function region(label: string, [x0, y0, x1, y1]: Edges, more: Partial<Region> = {}): Region {
  return {
    id: `${label} ${x0} ${y0}`,
    box: { x0, y0, x1, y1 },
    label,
    description: `a ${label}`,
    source: 'coco',
    ...more,
  };
}

/** A square photo of regions. */
export function photo(regions: readonly Region[], more: Partial<RegionSample> = {}): RegionSample {
  return { id: 'p', image: 'p.jpg', width: 100, height: 100, regions, ...more };
}
