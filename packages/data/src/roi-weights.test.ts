import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { roiWeights } from './roi-weights.js';

describe('roiWeights', () => {
  it('is worked by hand: a box over 1.5 x 1.5 cells of a 2 x 2 grid', () => {
    // In cells the box is 0.5..2 by 0..1.5, area 2.25. Overlaps: (0,0) 0.5*1, (0,1) 1*1, (1,0) 0.5*0.5, (1,1) 1*0.5.
    const weights = roiWeights({ x0: 0.25, y0: 0, x1: 1, y1: 0.75 }, 2);
    [0.5, 1, 0.25, 0.5].forEach((area, i) => expect(weights[i]).toBeCloseTo(area / 2.25, 6));
  });

  it('gives a box inside one cell that cell alone', () => {
    expect([...roiWeights({ x0: 0.6, y0: 0.1, x1: 0.7, y1: 0.2 }, 2)]).toEqual([0, 1, 0, 0]);
  });

  it('does not touch cells that only share an edge', () => {
    expect([...roiWeights({ x0: 0.5, y0: 0.5, x1: 1, y1: 1 }, 2)]).toEqual([0, 0, 0, 1]);
  });

  it('sums to 1, is never negative, and is the grid-sampled overlap', () => {
    const edge = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(edge, edge, edge, edge, fc.integer({ min: 1, max: 14 }), (a, b, c, d, grid) => {
        fc.pre(Math.abs(a - b) > 1e-3 && Math.abs(c - d) > 1e-3);
        const box = { x0: Math.min(a, b), x1: Math.max(a, b), y0: Math.min(c, d), y1: Math.max(c, d) };
        const weights = roiWeights(box, grid);
        const reference = Float64Array.from({ length: grid * grid }, (_, n) => {
          const [row, column] = [Math.floor(n / grid), n % grid];
          const wide = Math.min(box.x1, (column + 1) / grid) - Math.max(box.x0, column / grid);
          const high = Math.min(box.y1, (row + 1) / grid) - Math.max(box.y0, row / grid);
          return (Math.max(0, wide) * Math.max(0, high)) / ((box.x1 - box.x0) * (box.y1 - box.y0));
        });
        expect(weights.reduce((x, y) => x + y, 0)).toBeCloseTo(1, 5);
        weights.forEach((weight, n) => expect(weight).toBeCloseTo(reference[n] as number, 5));
      }),
    );
  });

  it('writes into a given array and nowhere else', () => {
    const into = new Float32Array(12).fill(7);
    roiWeights({ x0: 0, y0: 0, x1: 0.5, y1: 0.5 }, 2, into.fill(0, 4, 8), 4);
    expect([...into]).toEqual([7, 7, 7, 7, 1, 0, 0, 0, 7, 7, 7, 7]);
  });

  it('refuses a box without area', () => {
    expect(() => roiWeights({ x0: 0.5, y0: 0, x1: 0.5, y1: 1 }, 2)).toThrow(/expected a box with area/);
    expect(() => roiWeights({ x0: Number.NaN, y0: 0, x1: 1, y1: 1 }, 2)).toThrow(/expected a box with area/);
  });
});
