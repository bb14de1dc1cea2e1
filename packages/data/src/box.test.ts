import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boxArea, boxCentre, boxPixelsFromUnit, boxUnitFromPixels, containsBox, iou } from './box.js';
import type { BoxPixels, BoxUnit } from './records.js';

const size = { width: 640, height: 480 };
const badBox = expect.objectContaining({ code: 'data/bad-box' }) as Error;

/** A box of whole pixels inside the image. */
const pixelBoxes = fc
  .tuple(fc.integer({ min: 0, max: 639 }), fc.integer({ min: 0, max: 479 }), fc.nat(), fc.nat())
  .map(([x, y, w, h]): BoxPixels => ({ x, y, width: 1 + (w % (640 - x)), height: 1 + (h % (480 - y)) }));
const unitBoxes = pixelBoxes.map((box) => boxUnitFromPixels(box, size));

describe('boxUnitFromPixels', () => {
  it('divides by the image size', () => {
    expect(boxUnitFromPixels({ x: 64, y: 120, width: 320, height: 240 }, size)).toEqual({
      x0: 0.1,
      y0: 0.25,
      x1: 0.6,
      y1: 0.75,
    });
  });

  it('comes back by boxPixelsFromUnit', () => {
    fc.assert(
      fc.property(pixelBoxes, (box) => {
        const back = boxPixelsFromUnit(boxUnitFromPixels(box, size), size);
        for (const key of ['x', 'y', 'width', 'height'] as const) expect(back[key]).toBeCloseTo(box[key], 9);
      }),
    );
  });

  it('clips what reaches a little over the edge', () => {
    const box = boxUnitFromPixels({ x: -0.5, y: 0, width: 641, height: 480.9 }, size);
    expect(box).toEqual({ x0: 0, y0: 0, x1: 1, y1: 1 });
  });

  it.each([
    ['leaves the image', { x: 600, y: 0, width: 42, height: 10 }, /inside the image, got x 600/],
    ['starts before it', { x: -2, y: 0, width: 42, height: 10 }, /inside the image/],
    ['has no width', { x: 5, y: 5, width: 0, height: 10 }, /positive area/],
    ['has negative height', { x: 5, y: 5, width: 3, height: -1 }, /positive area/],
    ['is not finite', { x: Number.NaN, y: 5, width: 3, height: 1 }, /finite numbers/],
    ['lies in the tolerance only', { x: 640, y: 5, width: 1, height: 1 }, /positive area inside/],
  ])('refuses a box that %s', (_, box, message) => {
    expect(() => boxUnitFromPixels(box, size)).toThrow(message);
    expect(() => boxUnitFromPixels(box, size)).toThrow(badBox);
  });

  it('refuses an image without a size', () => {
    const box = { x: 0, y: 0, width: 1, height: 1 };
    expect(() => boxUnitFromPixels(box, { width: 0, height: 10 })).toThrow(/positive image size/);
  });

  it('takes another tolerance', () => {
    const box = { x: 0, y: 0, width: 645, height: 10 };
    expect(() => boxUnitFromPixels(box, size)).toThrow(badBox);
    expect(boxUnitFromPixels(box, size, { tolerance: 5 }).x1).toBe(1);
  });
});

describe('iou', () => {
  it('is a seventh for two 2 x 2 boxes that share 1', () => {
    const a: BoxUnit = { x0: 0, y0: 0, x1: 0.2, y1: 0.2 };
    const b: BoxUnit = { x0: 0.1, y0: 0.1, x1: 0.3, y1: 0.3 };
    expect(iou(a, b)).toBeCloseTo(1 / 7, 12);
  });

  it('is symmetric to the bit, within 0 and 1, and 1 of a box with itself', () => {
    fc.assert(
      fc.property(unitBoxes, unitBoxes, (a, b) => {
        expect(iou(a, b)).toBe(iou(b, a));
        expect(iou(a, b)).toBeGreaterThanOrEqual(0);
        expect(iou(a, b)).toBeLessThanOrEqual(1);
        expect(iou(a, a)).toBe(1);
      }),
    );
  });

  it('is 0 for boxes that only touch', () => {
    expect(iou({ x0: 0, y0: 0, x1: 0.5, y1: 1 }, { x0: 0.5, y0: 0, x1: 1, y1: 1 })).toBe(0);
  });
});

describe('containsBox', () => {
  it('lets edges touch but not all of them', () => {
    const outer = { x0: 0.1, y0: 0.1, x1: 0.5, y1: 0.5 };
    expect(containsBox(outer, { x0: 0.1, y0: 0.2, x1: 0.3, y1: 0.5 })).toBe(true);
    expect(containsBox(outer, outer)).toBe(false);
    expect(containsBox(outer, { x0: 0.05, y0: 0.2, x1: 0.3, y1: 0.5 })).toBe(false);
  });
});

describe('boxArea and boxCentre', () => {
  it('measure in fractions', () => {
    const box = { x0: 0.25, y0: 0.5, x1: 0.75, y1: 1 };
    expect(boxArea(box)).toBe(0.25);
    expect(boxCentre(box)).toEqual({ x: 0.5, y: 0.75 });
  });
});
