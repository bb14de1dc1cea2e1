import type { Region, RegionSample } from '../records.js';
import { hash32, shuffled } from '../seeded.js';
import { photoFacts } from './photo-facts.js';
import { singleNegatives } from './photo-negatives.js';

/** Negatives of each kind that a region's are drawn from, for each one that is wanted. */
const POOL = 4;

/**
 * A function that gives wrong descriptions of a region, by object and by attribute (`photoNegatives`), for
 * the hard negatives of `collateRegions`. What is false of an image is found out once and kept as long as its
 * sample; the seed draws from that.
 *
 * @param options - `names`: those that may stand in for a region's own, such as all labels of the
 * data set; `count`: default 3
 */
export function createRegionNegatives({
  names,
  count = 3,
}: {
  readonly names: readonly string[];
  readonly count?: number;
}): (region: Region, sample: RegionSample, seed?: number) => readonly string[] {
  const known = new WeakMap<RegionSample, ReadonlyMap<string, readonly string[]>>();
  const poolsOf = (sample: RegionSample) => {
    const found = known.get(sample);
    if (found) return found;
    const pools = new Map<string, string[]>();
    for (const { regions, negative } of singleNegatives(photoFacts(sample), { names, count: POOL * count })) {
      const [id] = regions;
      if (id === undefined) continue;
      const pool = pools.get(id);
      if (pool) pool.push(negative);
      else pools.set(id, [negative]);
    }
    known.set(sample, pools);
    return pools;
  };
  return ({ id }, sample, seed = 0) =>
    shuffled(poolsOf(sample).get(id) ?? [], hash32(String(seed), sample.id, id)).slice(0, count);
}
