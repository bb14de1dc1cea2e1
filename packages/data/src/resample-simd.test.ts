import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resamplePlainly } from './resample-plainly.js';
import { resampleBySimd } from './resample-simd.js';
import { tapsOf } from './resample-taps.js';

function noise(width: number, height: number, channels = 3) {
  let state = width * 31 + height;
  const data = Uint8Array.from({ length: width * height * channels }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    // Black and white every now and then, where filters overshoot.
    const value = state >>> 24;
    return value < 60 ? 0 : value > 200 ? 255 : value;
  });
  return { data, width, height, channels };
}

/** `toEqual` takes seconds over some hundred arrays of this size. */
function equal(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0;
}

/** Taps along y that read rows from `firstRow` on. */
function lowerTaps(filter: Parameters<typeof tapsOf>[0], height: number, firstRow: number, side: number) {
  const rows = height - firstRow;
  const taps = tapsOf(filter, rows, [0, rows], side);
  return { ...taps, firsts: taps.firsts.map((row) => row + firstRow) };
}

describe('resampleBySimd', () => {
  it('gives the bytes of the plain passes', () => {
    const side = fc.integer({ min: 1, max: 120 });
    const filter = fc.constantFrom('box', 'bilinear', 'hamming', 'bicubic', 'lanczos');
    const directions = fc.constantFrom('across', 'down', 'both');
    fc.assert(
      fc.property(side, side, side, side, filter, directions, (width, height, w, h, by, direction) => {
        const image = noise(width, height);
        const across = direction === 'down' ? undefined : tapsOf(by, width, [width / 8, width], w);
        // Only the lower half is read.
        const firstRow = height >> 1;
        const rows = height - firstRow;
        const down = direction === 'across' ? undefined : lowerTaps(by, height, firstRow, h);
        const fast = resampleBySimd(image, across, down, [firstRow, rows]);
        expect(equal(fast, resamplePlainly(image, across, down, [firstRow, rows]))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('reads sources larger than its memory holds at once', () => {
    const image = noise(1500, 400);
    const [across, down] = [tapsOf('bicubic', 1500, [0, 1500], 70), tapsOf('bicubic', 400, [0, 400], 50)];
    const fast = resampleBySimd(image, across, down, [0, 400]);
    expect(equal(fast, resamplePlainly(image, across, down, [0, 400]))).toBe(true);
  });

  it('leaves other channels and what would take too much memory to the plain passes', () => {
    const taps = tapsOf('box', 4, [0, 4], 4);
    expect(resampleBySimd(noise(4, 4, 4), taps, taps, [0, 4])).toBeUndefined();
    const large = tapsOf('box', 4, [0, 4], 7000);
    expect(resampleBySimd(noise(4, 4), large, large, [0, 4])).toBeUndefined();
  });
});
