import type { Report } from '@fgam/bench';
import { describe, expect, test } from 'vitest';
import { differences, formatReproduction, summarise } from './summarise.js';

function reportWith(value: number): Report {
  const metrics = { 'spatial.accuracy': { value, n: 10, interval: [value, value] as const } };
  return {
    title: 'run',
    generatedAt: '2026-01-01',
    provenance: {},
    variants: [{ name: 'base', description: '', steps: 1, metrics, withLoop: metrics }],
    curves: [],
    comparisons: [],
    examples: [],
  };
}

describe('summarise', () => {
  test('gives the mean and the interval by Student’s t', () => {
    // 0.5, 0.6, 0.7: mean 0.6, deviation 0.1; half = 4.303 * 0.1 / sqrt(3) = 0.24843.
    const [without, withLoop] = summarise([0.5, 0.6, 0.7].map(reportWith));
    expect(without).toMatchObject({ variant: 'base', loop: 'without', metric: 'spatial.accuracy' });
    expect(without?.mean).toBeCloseTo(0.6, 12);
    expect(without?.half).toBeCloseTo(0.24843, 4);
    expect(withLoop?.loop).toBe('with');
  });

  test('has no interval for one seed, and says how many runs there were', () => {
    const summaries = summarise([reportWith(0.5)]);
    expect(summaries[0]?.half).toBeUndefined();
    const text = formatReproduction([reportWith(0.5)], [7]);
    expect(text).toContain('1 run(s)');
    expect(text).toContain('| base | without | n/a | 0.500 |');
  });

  test('differences are taken within a seed', () => {
    const metrics = (value: number) => ({
      'spatial.accuracy': { value, n: 10, interval: [value, value] as const },
    });
    const of = (base: number, trained: number, looped: number): Report => {
      const report = reportWith(base);
      const common = { description: '', steps: 1 };
      return {
        ...report,
        variants: [
          ...report.variants,
          { ...common, name: 'full, of both', metrics: metrics(trained), withLoop: metrics(looped) },
          {
            ...common,
            name: 'oracle',
            answersOf: 'full, of both',
            metrics: metrics(trained),
            withLoop: metrics(1),
          },
        ],
      };
    };
    const found = differences(summarise([of(0.5, 0.6, 0.65), of(0.7, 0.8, 0.75)]));
    expect(found.map(({ variant, loop, baseline }) => `${variant} ${loop}: ${baseline}`)).toEqual([
      'base with: base, first answers',
      'full, of both without: base',
      'full, of both with: full, of both, first answers',
      'oracle with: oracle, first answers',
    ]);
    // Both seeds gain 0.1, however far apart they are.
    expect(found[1]?.mean).toBeCloseTo(0.1, 12);
    expect(found[1]?.half).toBeCloseTo(0, 12);
    // 0.05 and -0.05: mean 0, deviation 0.0707; half = 12.706 * 0.0707 / sqrt(2) = 0.6353.
    expect(found[2]?.half).toBeCloseTo(0.6353, 4);
    const text = formatReproduction([of(0.5, 0.6, 0.65), of(0.7, 0.8, 0.75)], [1, 2]);
    expect(text).toContain('| base | with | n/a | 0 |');
    expect(text).toContain('| full, of both | without | n/a | +0.100 ± 0.000 |');
  });

  test('lists what each loop fixed and broke, seed by seed', () => {
    const of = (fixed: number, broken: number): Report => {
      const overall = { fixed, broken, unchangedRight: 1, unchangedWrong: 1, net: fixed - broken };
      const total = { brokenIds: [], fixedIds: [], round: 'total' as const, overall, byKind: {} };
      const report = reportWith(0.5);
      const accounting = { brokenIds: [], total, rounds: [] };
      return { ...report, variants: report.variants.map((variant) => ({ ...variant, accounting })) };
    };
    expect(formatReproduction([of(7, 2), of(0, 3)], [1, 2])).toContain('| base | 7, 0 | 2, 3 |');
  });
});
