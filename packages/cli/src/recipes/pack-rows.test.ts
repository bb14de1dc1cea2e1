import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packRows } from './pack-rows.js';

const itself = (item: number): number => item;

test('each goes into the first row that has room, and what no row holds is left out', () => {
  expect(packRows([6, 5, 4, 11, 5, 10, 1], 10, itself)).toEqual([[6, 4], [5, 5], [10], [1]]);
  expect(packRows([], 10, itself)).toEqual([]);
});

test('many items fill their rows, though room is looked for in a few of these alone', () => {
  const items = Array.from({ length: 4000 }, (_, i) => 1 + ((i * 7919) % 30));
  const rows = packRows(items, 30, itself);
  expect(rows.flat().toSorted()).toEqual(items.toSorted());
  const sum = items.reduce((all, item) => all + item, 0);
  expect(sum / (30 * rows.length)).toBeGreaterThan(0.9);
});

test('every item that fits is in one row, no row is too long, and none is less than half full but one', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 }), (items) => {
      const rows = packRows(items, 30, itself);
      expect(rows.flat().toSorted()).toEqual(items.filter((item) => item <= 30).toSorted());
      const sums = rows.map((row) => row.reduce((sum, item) => sum + item, 0));
      expect(sums.every((sum) => sum <= 30)).toBe(true);
      expect(sums.filter((sum) => sum < 15).length).toBeLessThanOrEqual(1);
    }),
  );
});
