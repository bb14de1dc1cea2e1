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
 * Every pair of hashes at most `maxDistance` bits apart, without comparing all: cut into `maxDistance` + 1
 * bands, two such hashes agree in one band at least (pigeonholes), so only those that share a band are
 * compared. The fewer bands, the longer and the more telling.
 *
 * @param hashes - all different
 * @param maxDistance - 0 to 15
 */
export function* nearHashes(
  hashes: readonly Hash64[],
  maxDistance: number,
): Generator<NearPair, void, undefined> {
  if (maxDistance === 0) return; // all are different
  const bands = maxDistance + 1;
  const high = Uint32Array.from(hashes, ([half]) => half);
  const low = Uint32Array.from(hashes, ([, half]) => half);
  const masks = Array.from({ length: bands }, (_, band) =>
    maskOf(Math.round((band * 64) / bands), Math.round(((band + 1) * 64) / bands)),
  );
  // Hashes of one band's value are a chain: from the last one that had it back to the first.
  const former = new Int32Array(hashes.length);
  for (const [band, [highMask, lowMask]] of masks.entries()) {
    const last = new Map<number, number>();
    for (let second = 0; second < hashes.length; second++) {
      const [a, b] = [high[second] as number, low[second] as number];
      // A band has at most 32 bits, so a shift keeps those of its two halves apart.
      const value = ((a & highMask) >>> 0) + ((b & lowMask) >>> 0) * (highMask === 0 ? 1 : 2 ** -32);
      former[second] = last.get(value) ?? -1;
      last.set(value, second);
      for (let first = former[second] as number; first >= 0; first = former[first] as number) {
        const [x, y] = [a ^ (high[first] as number), b ^ (low[first] as number)];
        const distance = bitsIn(x) + bitsIn(y);
        if (distance > maxDistance) continue;
        // A pair that shares an earlier band was found there.
        const found = masks.findIndex(([highBits, lowBits]) => (x & highBits) === 0 && (y & lowBits) === 0);
        if (found === band) yield [first, second, distance];
      }
    }
  }
}

/** The bits from `start` to `end` of 64, the first in the highest place, in two halves. */
function maskOf(start: number, end: number): readonly [high: number, low: number] {
  let [high, low] = [0, 0];
  for (let bit = start; bit < end; bit++)
    if (bit < 32) high |= 1 << (31 - bit);
    else low |= 1 << (63 - bit);
  return [high, low];
}
