import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRleCounts } from './rle.js';

/** pycocotools' `rleToString`, line by line. */
function encodeRleCounts(counts: readonly number[]): string {
  let text = '';
  counts.forEach((count, i) => {
    let x = i > 2 ? count - (counts[i - 2] as number) : count;
    for (let more = true; more; ) {
      let c = x & 0x1f;
      x >>= 5;
      more = (c & 0x10) !== 0 ? x !== -1 : x !== 0;
      if (more) c |= 0x20;
      text += String.fromCharCode(c + 48);
    }
  });
  return text;
}

describe('decodeRleCounts', () => {
  it('decodes by hand: 3, 40, then +2 and -35 against the run two before', () => {
    // 3 -> '3'. 40 = 8 + 1 * 32 -> (8 | 32) + 48 = 'X', 1 + 48 = '1'. 5 -> '5'. 5 - 40 = -35: 29 |
    // 32, then 30 -> 'm', 'N'.
    expect(encodeRleCounts([3, 40, 5, 5])).toBe('3X15mN');
    expect(decodeRleCounts('3X15mN')).toEqual([3, 40, 5, 5]);
  });

  it('undoes the official encoding', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(400_000)), (counts) => {
        expect(decodeRleCounts(encodeRleCounts(counts))).toEqual(counts);
      }),
    );
  });

  it('refuses runs below 0 and numbers that do not fit', () => {
    // 31 of five bits is -1.
    expect(() => decodeRleCounts('O')).toThrow('run 0 is of -1 pixels');
    // 3, 4, 5, then -5 against 4.
    expect(() => decodeRleCounts('345K')).toThrow('run 3 is of -1 pixels');
    expect(decodeRleCounts(encodeRleCounts([2 ** 29 - 1]))).toEqual([2 ** 29 - 1]);
    expect(() => decodeRleCounts(encodeRleCounts([2 ** 29]))).toThrow('run 0 is of 2^29 pixels or more');
  });

  it('refuses other characters and a cut text', () => {
    expect(() => decodeRleCounts('3 5')).toThrow(RangeError);
    expect(() => decodeRleCounts('X')).toThrow(RangeError);
  });
});
