import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fittedSize, resizedSize } from './resized-size.js';

const edges = { shortestEdge: 800, longestEdge: 1333 };

describe('resizedSize', () => {
  it.each([
    // int(800 * 640 / 480) = int(1066.67)
    [640, 480, 1066, 800],
    [480, 640, 800, 1066],
    // 1333 * 500 / 2000 = 333.25, rounded to 333; int(333.25 * 2000 / 500) = 1333
    [2000, 500, 1333, 333],
    [500, 2000, 333, 1333],
    // 1333 * 427 / 640 = 889.4 is not needed: 640 / 427 * 800 = 1199 < 1333
    [640, 427, 1199, 800],
    [100, 100, 800, 800],
    [1000, 800, 1000, 800],
    // 1333 * 1 / 4000 = 0.33: never below a pixel
    [4000, 1, 1333, 1],
  ])('%i x %i becomes %i x %i, as in transformers', (width, height, newWidth, newHeight) => {
    expect(resizedSize({ width, height }, edges)).toEqual({ width: newWidth, height: newHeight });
  });

  it('rounds half to even, as Python does', () => {
    // 21 * 12 / 24 = 10.5 rounds to 10; the other side is int(10.5 * 24 / 12) = 21
    expect(resizedSize({ width: 24, height: 12 }, { shortestEdge: 15, longestEdge: 21 })).toEqual({
      width: 21,
      height: 10,
    });
    expect(resizedSize({ width: 40, height: 20 }, { shortestEdge: 15, longestEdge: 23 })).toEqual({
      width: 23,
      height: 12,
    });
  });

  it('keeps within its limits, whichever way the image lies', () => {
    const side = fc.integer({ min: 20, max: 3000 });
    fc.assert(
      fc.property(side, side, (width, height) => {
        const size = resizedSize({ width, height }, edges);
        expect(Math.min(size.width, size.height)).toBeLessThanOrEqual(800);
        expect(Math.max(size.width, size.height)).toBeLessThanOrEqual(1333);
        const turned = resizedSize({ width: height, height: width }, edges);
        expect(turned).toEqual({ width: size.height, height: size.width });
      }),
    );
  });
});

describe('fittedSize', () => {
  it('fills the frame one way', () => {
    const frame = { width: 64, height: 48 };
    expect(fittedSize({ width: 640, height: 480 }, frame)).toEqual({ width: 64, height: 48 });
    expect(fittedSize({ width: 100, height: 100 }, frame)).toEqual({ width: 48, height: 48 });
    expect(fittedSize({ width: 9000, height: 1 }, frame)).toEqual({ width: 64, height: 1 });
  });
});
