import type { PhotoFacts } from './photo-facts.js';

/** How often names are seen, and with what, over the images whose annotation is exhaustive. */
export interface LabelStatistics {
  /** All names, in the order of the number of images that show them, most first. */
  readonly names: readonly string[];
  /** In how many images a name is seen beside another. */
  together(name: string, other: string): number;
}

/** Counts names image by image. Source: POPE draws its popular and adversarial negatives from such counts. */
export function countLabels(images: Iterable<PhotoFacts>): LabelStatistics {
  const seen = new Map<string, number>();
  const pairs = new Map<string, Map<string, number>>();
  for (const { isExhaustive, byName } of images) {
    if (!isExhaustive) continue;
    for (const name of byName.keys()) {
      seen.set(name, (seen.get(name) ?? 0) + 1);
      const beside = pairs.get(name) ?? new Map<string, number>();
      for (const other of byName.keys()) if (other !== name) beside.set(other, (beside.get(other) ?? 0) + 1);
      pairs.set(name, beside);
    }
  }
  const names = [...seen]
    .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
    .map(([name]) => name);
  return { names, together: (name, other) => pairs.get(name)?.get(other) ?? 0 };
}
