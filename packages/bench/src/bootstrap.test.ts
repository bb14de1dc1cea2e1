import { createRandom, isFgamError } from '@fgam/data';
import { describe, expect, test } from 'vitest';
import { bootstrapInterval, pairedDifference, ratioInterval, sumsInterval } from './bootstrap.js';

const single = (values: readonly number[]): string[] => values.map((_, row) => String(row));

describe('bootstrapInterval', () => {
  test('of one group is the value itself', () => {
    expect(bootstrapInterval({ values: [1, 0, 0, 1], groups: ['a', 'a', 'a', 'a'] })).toEqual([0.5, 0.5]);
  });

  test('of equal values is that value, and of none undefined', () => {
    expect(bootstrapInterval({ values: [3, 3, 3], groups: ['a', 'b', 'c'] })).toEqual([3, 3]);
    expect(bootstrapInterval({ values: [], groups: [] })).toEqual([Number.NaN, Number.NaN]);
  });

  test('is near the normal interval of a proportion', () => {
    const values = Array.from({ length: 400 }, (_, row) => row % 2);
    const [low, high] = bootstrapInterval({ values, groups: single(values), resamples: 4000, seed: 1 });
    // 1.96 * sqrt(0.25 / 400) = 0.049
    expect(low).toBeCloseTo(0.451, 1.9);
    expect(high).toBeCloseTo(0.549, 1.9);
    expect(high - low).toBeGreaterThan(0.09);
    expect(high - low).toBeLessThan(0.106);
  });

  test('is wider where rows of a group are alike', () => {
    const values = Array.from({ length: 200 }, (_, row) => (row < 100 ? 1 : 0));
    const grouped = values.map((_, row) => String(Math.floor(row / 10)));
    const width = ([low, high]: readonly [number, number]): number => high - low;
    expect(width(bootstrapInterval({ values, groups: grouped }))).toBeGreaterThan(
      2 * width(bootstrapInterval({ values, groups: single(values) })),
    );
  });

  test('a statistic given as a function agrees with the built-in mean, draw by draw', () => {
    const random = createRandom('statistic');
    const values = Array.from({ length: 30 }, () => random.float());
    const groups = values.map((_, row) => String(row % 7));
    const mean = (drawn: Float64Array): number => drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
    const [low, high] = bootstrapInterval({ values, groups, seed: 3 });
    const custom = bootstrapInterval({ values, groups, seed: 3, statistic: mean });
    expect(custom[0]).toBeCloseTo(low, 12);
    expect(custom[1]).toBeCloseTo(high, 12);
  });

  test('covers the true mean about as often as it says', () => {
    let covered = 0;
    for (let trial = 0; trial < 200; trial += 1) {
      const random = createRandom(`coverage/${trial}`);
      // Forty images of three questions; an image is easy (0.9) or hard (0.3): the true mean is 0.6.
      const images = Array.from({ length: 40 }, () => (random.chance(0.5) ? 0.9 : 0.3));
      const values = images.flatMap((ease) => [0, 1, 2].map(() => (random.chance(ease) ? 1 : 0)));
      const groups = values.map((_, row) => String(Math.floor(row / 3)));
      const [low, high] = bootstrapInterval({ values, groups, resamples: 300, seed: trial });
      if (low <= 0.6 && high >= 0.6) covered += 1;
    }
    expect(covered / 200).toBeGreaterThan(0.88);
    expect(covered / 200).toBeLessThanOrEqual(0.99);
  });

  test('refuses rows without a group and senseless options', () => {
    const codeOf = (run: () => unknown): string => {
      try {
        run();
      } catch (error) {
        return isFgamError(error) ? error.code : 'other';
      }
      return 'none';
    };
    expect(codeOf(() => bootstrapInterval({ values: [1], groups: [] }))).toBe('bench/bad-input');
    expect(codeOf(() => bootstrapInterval({ values: [1], groups: ['a'], level: 1 }))).toBe('bench/bad-input');
    expect(codeOf(() => bootstrapInterval({ values: [1], groups: ['a'], resamples: 0 }))).toBe(
      'bench/bad-input',
    );
  });
});

describe('pairedDifference', () => {
  test('is b minus a, and a constant difference has no width', () => {
    const { difference, interval } = pairedDifference({
      a: [0, 1, 2],
      b: [1, 2, 3],
      groups: ['x', 'y', 'z'],
    });
    expect(difference).toBe(1);
    expect(interval).toEqual([1, 1]);
  });

  test('sees through what both systems share', () => {
    const random = createRandom('paired');
    const a = Array.from({ length: 100 }, () => random.float() * 10);
    const b = a.map((value) => value + 0.5 + 0.1 * random.float());
    const { interval } = pairedDifference({ a, b, groups: single(a) });
    expect(interval[0]).toBeGreaterThan(0.5);
    expect(interval[1]).toBeLessThan(0.6);
  });
});

test('errors name the function that was called', () => {
  const options = { resamples: 0 };
  const groups = ['a'];
  expect(() => bootstrapInterval({ values: [1], groups, ...options })).toThrow('bootstrapInterval: expected');
  expect(() => pairedDifference({ a: [1], b: [1], groups, ...options })).toThrow(
    'pairedDifference: expected',
  );
  expect(() => ratioInterval([1], [1], groups, options)).toThrow('ratioInterval: expected');
  expect(() => ratioInterval([1, 2], [1, 2], groups)).toThrow('ratioInterval: expected');
  expect(() => sumsInterval([[1]], groups, () => 0, options)).toThrow('sumsInterval: expected');
});
