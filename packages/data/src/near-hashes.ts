import type { Hash64 } from './image-hash.js';

/** Number of bits in which two hashes differ. */
export function hammingDistance(a: Hash64, b: Hash64): number {
  return bitsIn(a[0] ^ b[0]) + bitsIn(a[1] ^ b[1]);
}

function bitsIn(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Two places of a list of hashes, and the distance of these. */
export type NearPair = readonly [first: number, second: number, distance: number];

/**
 * Every pair of hashes at most `maxDistance` bits apart, without comparing all: cut into `maxDistance` + 1 bands, two such hashes agree in
 * one band at least (pigeonholes), so only those that share a band are compared.
 *
 * @param hashes - all different
 */
export function* nearHashes(
  hashes: readonly Hash64[],
  maxDistance: number,
): Generator<NearPair, void, undefined> {
  const bands = maxDistance + 1;
  const starts = Array.from({ length: bands + 1 }, (_, band) => Math.round((band * 64) / bands));
  const cut = hashes.map((hash) =>
    Array.from({ length: bands }, (_, band) => bitsBetween(hash, starts[band] ?? 0, starts[band + 1] ?? 64)),
  );
  for (let band = 0; band < bands; band++) {
    const buckets = new Map<string, number[]>();
    for (const [second, hash] of hashes.entries()) {
      const value = cut[second]?.[band] ?? '';
      const bucket = buckets.get(value);
      if (!bucket) {
        buckets.set(value, [second]);
        continue;
      }
      for (const first of bucket) {
        const distance = hammingDistance(hashes[first] ?? hash, hash);
        if (distance > maxDistance) continue;
        // A pair that shares an earlier band was found there.
        const earlier = cut[first]?.findIndex((value, at) => value === cut[second]?.[at]) ?? band;
        if (earlier === band) yield [first, second, distance];
      }
      bucket.push(second);
    }
  }
}

/** The bits from `start` to `end` of a hash. */
function bitsBetween([high, low]: Hash64, start: number, end: number): string {
  const bits = (BigInt(high) << 32n) | BigInt(low);
  return ((bits >> BigInt(64 - end)) & ((1n << BigInt(end - start)) - 1n)).toString(36);
}
