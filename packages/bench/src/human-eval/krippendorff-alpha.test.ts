import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AlphaMetric, type AlphaUnit, krippendorffAlpha } from './krippendorff-alpha.js';

/** Columns are coders' values of a unit; `.` where a coder has none. */
function unitsOf(...coders: readonly string[]): AlphaUnit[] {
  const rows = coders.map((row) => row.split(' '));
  return (rows[0] ?? []).map((_, unit) => ({
    group: String(unit),
    values: rows.flatMap((row) => (row[unit] === '.' ? [] : [Number(row[unit])])),
  }));
}

/**
 * From the definition: mean distance of pairs within units, over that of all pairs of values, without
 * a table of coincidences.
 */
function plainAlpha(units: readonly AlphaUnit[], metric: AlphaMetric): number {
  const judged = units.map(({ values }) => values).filter((values) => values.length > 1);
  const all = judged.flat();
  const count = (value: number) => all.filter((each) => each === value).length;
  const distance = (a: number, b: number): number => {
    if (a === b || metric === 'nominal') return a === b ? 0 : 1;
    const [low, high] = a < b ? [a, b] : [b, a];
    return (all.filter((each) => each >= low && each <= high).length - (count(a) + count(b)) / 2) ** 2;
  };
  const pairs = (values: readonly number[]): number =>
    values.reduce(
      (sum, a, i) => sum + values.reduce((part, b, j) => part + (i === j ? 0 : distance(a, b)), 0),
      0,
    );
  const observed = judged.reduce((sum, values) => sum + pairs(values) / (values.length - 1), 0) / all.length;
  return 1 - observed / (pairs(all) / (all.length * (all.length - 1)));
}

describe('krippendorffAlpha', () => {
  // Krippendorff 2011, example C: four observers, twelve units, nine values missing.
  const published = unitsOf(
    '1 2 3 3 2 1 4 1 2 . . .',
    '1 2 3 3 2 2 4 1 2 5 . 3',
    '. 3 3 3 2 3 4 2 2 5 1 .',
    '1 2 3 3 2 4 4 1 2 5 1 .',
  );

  test.each([
    ['nominal', 0.743],
    ['ordinal', 0.815],
  ] as const)('is the published %s value of example C', (metric, value) => {
    const { alpha, n } = krippendorffAlpha(published, metric);
    expect(alpha).toBeCloseTo(value, 3);
    // The unit that one observer judged is left out.
    expect(n).toBe(40);
  });

  test('is the published value of two observers and of binary data', () => {
    // Krippendorff 2011, examples A (binary, ten units) and B (nominal, twelve units).
    const binary = unitsOf('0 1 0 0 0 0 0 0 1 0', '1 1 1 0 0 1 0 0 0 0');
    expect(krippendorffAlpha(binary, 'nominal').alpha).toBeCloseTo(0.095, 3);
    const nominal = unitsOf('1 1 2 2 4 3 3 3 5 4 4 1', '2 1 2 2 2 3 3 3 5 4 4 4');
    expect(krippendorffAlpha(nominal, 'nominal').alpha).toBeCloseTo(0.692, 3);
  });

  test('is 1 where all agree, and undefined where nothing varies or nobody agrees with anyone', () => {
    expect(krippendorffAlpha(unitsOf('1 2 3', '1 2 3'), 'ordinal')).toMatchObject({ alpha: 1 });
    expect(krippendorffAlpha(unitsOf('2 2 2', '2 2 2'), 'ordinal').alpha).toBeUndefined();
    expect(krippendorffAlpha(unitsOf('1 . 3', '. 2 .'), 'nominal')).toMatchObject({ alpha: undefined, n: 0 });
  });

  const anyUnits = fc
    .array(fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 4 }), { minLength: 1, maxLength: 12 })
    .map((rows) => rows.map((values, index) => ({ values, group: `g${index % 3}` })));

  test.each(['nominal', 'ordinal'] as const)('is the %s value of the definition', (metric) => {
    fc.assert(
      fc.property(anyUnits, (units) => {
        const { alpha } = krippendorffAlpha(units, metric, { resamples: 1 });
        const plain = plainAlpha(units, metric);
        if (alpha === undefined) expect(plain).toBeNaN();
        else expect(alpha).toBeCloseTo(plain, 9);
      }),
    );
  });

  test('does not see the order of coders, and its interval holds the value', () => {
    const turned = published.map(({ values, group }) => ({ values: values.toReversed(), group }));
    const { alpha = Number.NaN, interval } = krippendorffAlpha(published, 'ordinal', { seed: 3 });
    expect(krippendorffAlpha(turned, 'ordinal').alpha).toBe(alpha);
    expect(interval[0]).toBeLessThan(alpha);
    expect(interval[1]).toBeGreaterThan(alpha);
  });

  test('refuses values that are no whole numbers', () => {
    expect(() => krippendorffAlpha([{ values: [1, 2.5], group: 'a' }], 'ordinal')).toThrow(/2\.5/);
  });
});
