import { criticScores } from '@fgam/bench';
import { describe, expect, test } from 'vitest';
import { collectCritics, collectResults, type SeedLoop, type SeedResult } from './collect-results.js';
import { paperText } from './paper-text.js';
import type { Metrics } from './round-metrics.js';

function loopOf(variant: string, rounds: readonly Metrics[], options: Partial<SeedLoop> = {}): SeedLoop {
  return { variant, critic: 'module', rounds, judgements: [], ...options };
}

function seedOf(seed: number, base: number, after: number): SeedResult {
  const first = { 'error.object': base, 'fixed.all': 0, 'broken.all': 0 };
  const last = { 'error.object': after, 'fixed.all': 5, 'broken.all': 1 };
  const shuffled = loopOf('full FGAM', [first, last], { critic: 'shuffled' });
  const others = ['base + stage 1', 'base + stage 2'].map((variant) => loopOf(variant, [first, first]));
  const loops = [loopOf('base', [first, first]), ...others, loopOf('full FGAM', [first, last]), shuffled];
  return { family: 'llava', seed, loops, validation: [] };
}

describe('collectResults', () => {
  test('reductions are taken against the base of the same seed', () => {
    const rows = collectResults([seedOf(1, 0.4, 0.1), seedOf(2, 0.2, 0.1)], 'base');
    const full = rows.find(({ variant, rounds }) => variant === 'full FGAM' && rounds === 1);
    // 75 and 50 percent: mean 62.5, deviation 17.678; half = 12.706 * 17.678 / sqrt(2) = 158.8.
    expect(full?.metrics['reduction.object']?.values).toEqual([75, 50]);
    expect(full?.metrics['reduction.object']?.mean).toBeCloseTo(62.5, 12);
    expect(full?.metrics['reduction.object']?.half).toBeCloseTo(158.825, 2);
    const base = rows.find(({ variant, rounds }) => variant === 'base' && rounds === 0);
    expect(base?.metrics['reduction.object']?.values).toEqual([0, 0]);
    expect(rows.filter(({ critic }) => critic === 'shuffled')).toHaveLength(2);
  });

  test('leaves out what a seed lacks, and reductions of nothing', () => {
    const [one, two] = [seedOf(1, 0, 0.1), seedOf(2, 0.2, 0.1)];
    const rows = collectResults([one, two], 'base');
    expect(rows.every(({ metrics }) => metrics['reduction.object'] === undefined)).toBe(true);
  });
});

describe('collectCritics', () => {
  test('shares are of the seeds that have something to divide by', () => {
    const judged = (found: readonly string[]): SeedResult => {
      const scores = criticScores([{ group: 'a', wrong: ['object'], found }], { resamples: 10 });
      const judgements = [{ isCalibrated: true, scores }];
      return { ...seedOf(1, 1, 1), loops: [loopOf('base', [{}], { judgements })] };
    };
    const [any, object] = collectCritics([judged(['object']), judged([])]);
    expect(any).toMatchObject({
      type: 'any',
      isCalibrated: true,
      wrong: [1, 1],
      found: [1, 0],
      both: [1, 0],
    });
    expect(any?.precision?.values).toEqual([1]);
    expect(object?.recall?.values).toEqual([1, 0]);
  });
});

describe('paperText', () => {
  test('has the tables that were asked for, rounds by results, and bounds apart', () => {
    const rows = collectResults([seedOf(1, 0.4, 0.1), seedOf(2, 0.2, 0.1)], 'base');
    const text = paperText({ rows, critics: [], tables: ['table2'], notes: ['a note'] });
    expect(text).toContain('## Table 2');
    expect(text).not.toContain('## Figure 1');
    const [table = '', bounds = ''] = text.split('## Bounds');
    expect(table).toContain('| full FGAM | module | 1 | 62.5 ± 158.8 | n/a |');
    expect(table).toContain('| full FGAM | module | 1 | 10 / 2 |');
    // What broke is told before any score.
    expect(table.indexOf('Fixed / broken:')).toBeLessThan(table.indexOf('| yes-ratio'));
    expect(table.indexOf('Fixed / broken:')).toBeGreaterThan(0);
    expect(table).not.toContain('shuffled');
    expect(bounds).toContain('| full FGAM | shuffled | 1 | 62.5 ± 158.8 | n/a |');
  });

  test('numbers of rounds with the same figures share a line', () => {
    const base = loopOf('base', [{ 'existence.accuracy': 0.5 }, { 'existence.accuracy': 0.5 }]);
    const accuracies = [0.5, 0.5, 0.5, 0.75, 0.5];
    const full = loopOf(
      'full FGAM',
      accuracies.map((accuracy) => ({ 'existence.accuracy': accuracy })),
    );
    const others = ['base + stage 1', 'base + stage 2'].map((name) => loopOf(name, base.rounds));
    const rows = collectResults(
      [{ family: 'llava', seed: 1, loops: [base, ...others, full], validation: [] }],
      'base',
    );
    const text = paperText({ rows, critics: [], tables: ['table2'], notes: [] });
    const [, accuracy = ''] = text.split('| yes-ratio |');
    const found = accuracy
      .split('\n')
      .filter((line) => line.startsWith('| full FGAM'))
      .slice(0, 4);
    expect(found.map((line) => line.split(' | ').slice(0, 4).join(' | '))).toEqual([
      '| full FGAM |  | 0 | 0.500',
      '| full FGAM | module | 1 to 2 | 0.500',
      '| full FGAM | module | 3 | 0.750',
      '| full FGAM | module | 4 | 0.500',
    ]);
  });
});
