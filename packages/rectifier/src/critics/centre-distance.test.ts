import { expect, test } from 'vitest';
import { centreDistance } from './centre-distance.js';

test('is in pixels: in a wide image what is beside is farther than what is above by the same share', () => {
  const at = (x: number, y: number) => ({ x0: x, y0: y, x1: x + 0.2, y1: y + 0.2 });
  const size = { width: 200, height: 100 };
  expect(centreDistance(at(0, 0), at(0.5, 0), size)).toBeCloseTo(100, 9);
  expect(centreDistance(at(0, 0), at(0, 0.5), size)).toBeCloseTo(50, 9);
});
