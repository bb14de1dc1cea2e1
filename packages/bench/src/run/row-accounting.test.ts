import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rowAccounting } from './row-accounting.js';

const row = (id: string, value: number) => ({ id, group: id, value });

test('what became worth less is broken, more is fixed; shares count by their change', () => {
  const first = [row('a', 1), row('b', 0), row('c', 1), row('d', 0), row('e', 0.3), row('f', 0.6)];
  const final = [row('f', 0.6), row('a', 0), row('b', 1), row('c', 1), row('d', 0), row('e', 1)];
  expect(rowAccounting(first, final)).toEqual({
    ...{ broken: 1, fixed: 2, unchangedRight: 2, unchangedWrong: 1, net: 1 },
    ...{ brokenIds: ['a'], fixedIds: ['b', 'e'] },
  });
});

test('counts every question once; the net is the change of the sum where values are 0 or 1', () => {
  const value = fc.constantFrom(0, 1);
  fc.assert(
    fc.property(fc.array(fc.tuple(value, value)), (pairs) => {
      const rows = (which: 0 | 1) => pairs.map((pair, i) => row(`q${i}`, pair[which]));
      const found = rowAccounting(rows(0), rows(1).reverse());
      const { broken, fixed, unchangedRight, unchangedWrong, net } = found;
      expect(broken + fixed + unchangedRight + unchangedWrong).toBe(pairs.length);
      expect(net).toBe(pairs.reduce<number>((sum, [was, is]) => sum + is - was, 0));
    }),
  );
});

test('refuses other questions', () => {
  expect(() => rowAccounting([row('a', 1)], [row('b', 1)])).toThrow('got 1 and 1 (a)');
  expect(() => rowAccounting([], [row('b', 1)])).toThrow('got 0 and 1');
  // One that is there twice hides another that is not.
  expect(() => rowAccounting([row('a', 1), row('a', 1)], [row('a', 1), row('b', 1)])).toThrow('each once');
  expect(() => rowAccounting([row('a', 1), row('b', 1)], [row('a', 1), row('b', 1), row('b', 0)])).toThrow(
    'got 2 and 3',
  );
});
