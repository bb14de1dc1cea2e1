import type { RegionSample } from '../records.js';
import { photoFacts } from './photo-facts.js';

/**
 * The names by which the things of annotated images are known, each once and in order.
 *
 * @example
 * ```ts
 * import { photoNames } from '@fgam/data';
 * const region = (label: string) => ({
 *   ...{ id: label, label, description: `a ${label}`, source: 'coco' },
 *   box: { x0: 0, y0: 0, x1: 0.5, y1: 0.5 },
 * });
 * // A phrase that joins two things is the name of none.
 * const labels = [['dog', 'car'], ['Cat', 'dog', 'a dog on a mat']];
 * const names = photoNames(labels.map((each, index) => ({
 *   ...{ id: String(index), image: 'p.jpg', width: 9, height: 9 },
 *   regions: each.map(region),
 * })));
 * if (names.join() !== 'car,cat,dog') throw new Error(names.join());
 * ```
 */
export function photoNames(samples: Iterable<RegionSample>): string[] {
  const names = new Set<string>();
  for (const sample of samples) for (const name of photoFacts(sample).byName.keys()) names.add(name);
  return [...names].sort();
}
