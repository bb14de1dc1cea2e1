import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareSystems } from './compare-systems.js';
import { mcnemarTest } from './mcnemar-test.js';
import { questionsNeeded } from './questions-needed.js';

/** n over k by Pascal's rule, exact for the sizes here. */
function choose(n: number, k: number): number {
  let row = [1];
  for (let line = 0; line < n; line += 1) row = [1, ...row.slice(1).map((x, i) => x + (row[i] ?? 0)), 1];
  return row[k] ?? 0;
}

test('McNemar: the exact sum of the smaller tail, twice', () => {
  fc.assert(
    fc.property(fc.nat({ max: 25 }), fc.nat({ max: 25 }), fc.nat({ max: 5 }), (b, c, both) => {
      const first = [
        ...Array<boolean>(b).fill(true),
        ...Array<boolean>(c).fill(false),
        ...Array<boolean>(both).fill(true),
      ];
      const second = [...Array<boolean>(b).fill(false), ...Array<boolean>(c + both).fill(true)];
      let tail = 0;
      for (let k = 0; k <= Math.min(b, c); k += 1) tail += choose(b + c, k) / 2 ** (b + c);
      const found = mcnemarTest(first, second);
      expect(found.onlyFirst).toBe(b);
      expect(found.onlySecond).toBe(c);
      expect(found.pValue).toBeCloseTo(Math.min(1, 2 * tail), 7);
      expect(mcnemarTest(second, first).pValue).toBe(found.pValue);
    }),
  );
});

test('McNemar: no question that tells them apart, and thousands that do', () => {
  expect(mcnemarTest([true, false], [true, false]).pValue).toBe(1);
  const many = Array.from({ length: 4000 }, (_, i) => i < 2100);
  // 2100 against 1900: z = (200 - 1) / sqrt(4000) = 3.1465 with continuity, p = 0.00165.
  expect(
    mcnemarTest(
      many,
      many.map((x) => !x),
    ).pValue,
  ).toBeCloseTo(0.00165, 4);
  expect(() => mcnemarTest([true], [])).toThrow('got 1 and 0; align them by id first');
});

test('questions needed: the published formula, and the chance it promises', () => {
  // q = 0.1, d = 0.05: (1.959964 * 0.316228 + 0.841621 * sqrt(0.0975))^2 / 0.0025 = 311.3
  expect(questionsNeeded({ difference: 0.05, discordant: 0.1 })).toBe(312);
  expect(() => questionsNeeded({ difference: 0.2, discordant: 0.1 })).toThrow('got 0.2, 0.1, 0.05 and 0.8');
  expect(() => questionsNeeded({ difference: 0.01, discordant: 0.1, power: 1 })).toThrow('power');
});

test('rows are joined by id; the order of either changes nothing', () => {
  const value = fc.constantFrom(0, 1);
  fc.assert(
    fc.property(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 30 }), (pairs) => {
      const rows = (which: 0 | 1) =>
        pairs.map((pair, i) => ({ id: `q${i}`, group: `image ${i % 7}`, value: pair[which] }));
      const found = compareSystems(rows(0), rows(1));
      const turned = compareSystems(rows(0), rows(1).reverse());
      expect(turned).toEqual(found);
      const gained = pairs.reduce<number>((sum, [x, y]) => sum + y - x, 0);
      expect(found.difference).toBeCloseTo(gained / pairs.length, 12);
      expect(found.interval[0]).toBeLessThanOrEqual(found.interval[1]);
      expect(found.mcnemar?.onlyFirst).toBe(pairs.filter(([x, y]) => x > y).length);
    }),
    { numRuns: 30 },
  );
});

test('shares have no McNemar test; rows of one system alone are named', () => {
  const row = (id: string, value: number) => ({ id, group: id, value });
  expect(compareSystems([row('a', 0.3)], [row('a', 1)]).mcnemar).toBeUndefined();
  expect(() => compareSystems([row('a', 1)], [row('a', 1), row('b', 1)])).toThrow('only one has (b)');
  expect(() => compareSystems([row('a', 1), row('a', 0)], [row('a', 1)])).toThrow('2 rows with 1 ids');
});
