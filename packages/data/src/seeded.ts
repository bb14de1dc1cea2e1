import { createHash } from 'node:crypto';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A 32-bit number from texts: the first bytes of their SHA-256. */
export function hash32(...texts: readonly string[]): number {
  return createHash('sha256').update(texts.join('\0')).digest().readInt32BE(0);
}

/** A seeded shuffle of a copy. */
export function shuffled<Item>(items: readonly Item[], seed: number): Item[] {
  const random = xoroshiro128plus(seed);
  const copy = [...items];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = uniformInt(random, 0, i);
    [copy[i], copy[j]] = [copy[j] as Item, copy[i] as Item];
  }
  return copy;
}
