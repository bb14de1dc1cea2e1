import type { RegionSample } from '../records.js';
import { photoFacts } from './photo-facts.js';

/** The names by which the things of annotated images are known, each once and in order. */
export function photoNames(samples: Iterable<RegionSample>): string[] {
  const names = new Set<string>();
  for (const sample of samples) for (const name of photoFacts(sample).byName.keys()) names.add(name);
  return [...names].sort();
}
