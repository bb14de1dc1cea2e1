import { expect, test } from 'vitest';
import { whiten } from './whiten.js';

test('by hand: mean and spread run over all rows', () => {
  // 1, 3 | 5, 7: mean 4, variance (9 + 1 + 1 + 9) / 4 = 5.
  const rows = whiten([Float32Array.of(1, 3), Float32Array.of(5, 7)]);
  const unit = 1 / Math.sqrt(5);
  [-3, -1].forEach((wanted, t) => expect(rows[0]?.[t]).toBeCloseTo(wanted * unit, 6));
  [1, 3].forEach((wanted, t) => expect(rows[1]?.[t]).toBeCloseTo(wanted * unit, 6));
});

test('equal advantages become 0, and no rows stay none', () => {
  expect(whiten([Float32Array.of(2, 2), new Float32Array(0)])).toEqual([
    Float32Array.of(0, 0),
    new Float32Array(0),
  ]);
  expect(whiten([])).toEqual([]);
});
