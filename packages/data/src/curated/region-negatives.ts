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
 * @example
 * ```ts
 * import { createRegionNegatives } from '@fgam/data';
 * const region = (label: string, x0: number, description: string) => ({
 *   ...{ id: label, label, description, source: 'coco' },
 *   box: { x0, y0: 0.4, x1: x0 + 0.2, y1: 0.6 },
 * });
 * const [car, dog] = [region('car', 0.1, 'a red car'), region('dog', 0.7, 'a dog')];
 * const sample = { id: 'p', image: 'p.jpg', width: 9, height: 9, regions: [car, dog] };
 * const negativesOf = createRegionNegatives({ names: ['car', 'dog', 'cat'], count: 2 });
 * const wrong = negativesOf(car, sample, 7);
 * // Another thing that is red, or a car of another colour; orange and pink may pass for red.
 * const isWrong = (text: string): boolean => /^an? (red (dog|cat)|(?!red|orange|pink)\w+ car)$/.test(text);
 * if (wrong.length !== 2 || !wrong.every(isWrong)) throw new Error(wrong.join());
 * if (negativesOf(car, sample, 7).join() !== wrong.join()) throw new Error('expected the same of one seed');
 * ```
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
