import { describe, expect, it } from 'vitest';
import { covers, polygonArea, polygonOf } from './shape.js';
import { SHAPES } from './vocabulary.js';

const box = { x: 10, y: 20, width: 200, height: 200 };

describe('polygonOf', () => {
  it.each(SHAPES)('of a %s is tight in its box and as large as its points', (shape) => {
    const polygon = polygonOf(shape, box);
    const xs = polygon.filter((_, index) => index % 2 === 0);
    const ys = polygon.filter((_, index) => index % 2 === 1);
    expect([Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]).toEqual([10, 210, 20, 220]);
    let covered = 0;
    for (let x = 0; x < 200; x += 1)
      for (let y = 0; y < 200; y += 1) if (covers(shape, (x + 0.5) / 200, (y + 0.5) / 200)) covered += 1;
    // A circle of 24 corners is 1.1 % smaller than the round one.
    expect(Math.abs(polygonArea(polygon) / covered - 1)).toBeLessThan(0.02);
  });
});

describe('polygonArea', () => {
  it('is 6 for a triangle of 3 by 4, whichever way round', () => {
    expect(polygonArea([0, 0, 3, 0, 0, 4])).toBe(6);
    expect(polygonArea([0, 4, 3, 0, 0, 0])).toBe(6);
  });
});

describe('covers', () => {
  it.each(SHAPES)('a %s covers its middle and nothing outside of its box', (shape) => {
    expect(covers(shape, 0.5, 0.5)).toBe(true);
    expect(covers(shape, 1.01, 0.5)).toBe(false);
    expect(covers(shape, 0.5, -0.01)).toBe(false);
  });
});
