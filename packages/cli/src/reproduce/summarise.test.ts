import type { Report } from '@fgam/bench';
import { describe, expect, test } from 'vitest';
import { formatReproduction, summarise } from './summarise.js';

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
    const text = formatReproduction(summaries, [7]);
    expect(text).toContain('1 run(s)');
    expect(text).toContain('| base | without | n/a | 0.500 |');
  });
});
