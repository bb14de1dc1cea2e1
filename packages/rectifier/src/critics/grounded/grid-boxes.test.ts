import type { BoxUnit } from '@fgam/data';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { gridBoxes } from './grid-boxes.js';

it('is worked by hand', () => {
  // Steps of at most 0.25: from 0 to 0.5 in two.
  const boxes = gridBoxes({ scales: [0.5], stride: 0.5 });
  expect(boxes.map(({ x0, y0 }) => [x0, y0])).toEqual([
    [0, 0],
    [0.25, 0],
    [0.5, 0],
    [0, 0.25],
    [0.25, 0.25],
    [0.5, 0.25],
    [0, 0.5],
    [0.25, 0.5],
    [0.5, 0.5],
  ]);
  expect(gridBoxes({ scales: [1] })).toEqual([{ x0: 0, y0: 0, x1: 1, y1: 1 }]);
});

it('covers the image with squares that stay in it, in steps that are small enough', () => {
  const options = fc.record({
    side: fc.double({ min: 0.05, max: 1, noNaN: true }),
    stride: fc.double({ min: 0.2, max: 2, noNaN: true }),
  });
  fc.assert(
    fc.property(options, ({ side, stride }) => {
      const boxes = gridBoxes({ scales: [side], stride });
      const starts = [...new Set(boxes.map(({ x0 }) => x0))];
      expect(boxes).toHaveLength(starts.length ** 2);
      // A box at fault rather than an assertion a side: there are up to ten thousand of them.
      const isSquareWithin = ({ x0, y0, x1, y1 }: BoxUnit): boolean =>
        Math.min(x0, y0) >= 0 &&
        Math.max(x1, y1) <= 1 &&
        Math.abs(x1 - x0 - side) < 1e-9 &&
        Math.abs(y1 - y0 - side) < 1e-9;
      expect(boxes.filter((box) => !isSquareWithin(box))).toEqual([]);
      expect(Math.max(...boxes.map(({ x1 }) => x1))).toBeCloseTo(1);
      // More than one row of boxes where one does not cover all.
      if (side < 0.99) expect(starts.length).toBeGreaterThan(1);
      const steps = starts.slice(1).map((start, i) => start - (starts[i] ?? 0));
      if (stride * side < 1 - side) expect(Math.max(0, ...steps)).toBeLessThanOrEqual(stride * side + 1e-9);
    }),
  );
});

it('refuses scales and strides that make no grid', () => {
  for (const options of [{ scales: [0] }, { scales: [0.5, 1.5] }, { scales: [Number.NaN] }, { stride: 0 }])
    expect(() => gridBoxes(options)).toThrow(expect.objectContaining({ code: 'rectifier/bad-config' }));
});
