import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { differenceHash, type Hash64 } from './image-hash.js';
import { hammingDistance, nearHashes } from './near-hashes.js';

const half = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const hash = fc.tuple(half, half);

/** The hash with these bits turned. */
function flip([high, low]: Hash64, bits: readonly number[]): Hash64 {
  let value = (BigInt(high) << 32n) | BigInt(low);
  for (const bit of bits) value ^= 1n << BigInt(bit);
  return [Number(value >> 32n), Number(value & 0xffffffffn)];
}

describe('difference hashes', () => {
  it('has a bit for each pixel that the next one outshines', () => {
    // Rising rows: all bits set; falling ones: none; here the first row rises, the last one falls, others are level.
    const grey = Array.from({ length: 72 }, (_, i) => (i < 9 ? i : i >= 63 ? 99 - i : 5));
    expect(differenceHash(grey)).toEqual([0xff000000, 0]);
    expect(differenceHash(grey.toReversed())).toEqual([0xff000000, 0]);
    const lastRises = Array.from({ length: 72 }, (_, i) => (i < 63 ? 5 : i));
    expect(differenceHash(lastRises)).toEqual([0, 0xff]);
  });

  it('counts the bits that differ', () => {
    expect(hammingDistance([0, 0], [0xffffffff, 0xffffffff])).toBe(64);
    expect(hammingDistance([0x80000000, 1], [0, 3])).toBe(2);
    fc.assert(
      fc.property(hash, fc.uniqueArray(fc.integer({ min: 0, max: 63 })), (start, bits) => {
        expect(hammingDistance(start, flip(start, bits))).toBe(bits.length);
      }),
    );
  });

  it('finds the pairs that comparing all finds, each once', () => {
    const near = fc.uniqueArray(fc.integer({ min: 0, max: 63 }), { maxLength: 6 });
    const families = fc.array(fc.tuple(hash, fc.array(near, { maxLength: 6 })), { maxLength: 6 });
    fc.assert(
      fc.property(families, fc.integer({ min: 0, max: 15 }), (made, maxDistance) => {
        const all = made.flatMap(([start, flips]) => [start, ...flips.map((bits) => flip(start, bits))]);
        const hashes = [...new Map(all.map((each) => [each.join(), each])).values()];
        const expected = hashes.flatMap((a, first) =>
          hashes.slice(first + 1).flatMap((b, offset) => {
            const distance = hammingDistance(a, b);
            return distance <= maxDistance ? [[first, first + 1 + offset, distance].join()] : [];
          }),
        );
        const found = [...nearHashes(hashes, maxDistance)].map((pair) => pair.join());
        expect(found.sort()).toEqual(expected.sort());
      }),
    );
  });
});
