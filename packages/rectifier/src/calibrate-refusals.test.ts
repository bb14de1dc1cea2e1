import { describe, expect, test } from 'vitest';
import { type RefusalOutcome, calibrateRefusals } from './calibrate-refusals.js';

const of = (group: string, pairs: readonly (readonly [score: number, gain: number])[]): RefusalOutcome[] =>
  pairs.map(([score, gain]) => ({ group, score, gain }));

describe('calibrateRefusals', () => {
  test('lets refusals stand where they gain, group by group', () => {
    // a: below 0.35 lie six gains (bound 6 - 2 sqrt 6 = 1.10), below 0.5 six gains and a loss (5 - 2 sqrt 7 = -0.29).
    const a = of('a', [
      [0.1, 1],
      [0.15, 1],
      [0.2, 1],
      [0.25, 1],
      [0.28, 1],
      [0.3, 1],
      [0.4, -1],
      [0.6, 0],
    ]);
    // b: the critic's low scores are of right responses.
    const b = of('b', [
      [0.1, -1],
      [0.2, -1],
      [0.9, 1],
    ]);
    expect(calibrateRefusals([...a, ...b])).toEqual({ a: 0.35, b: 0 });
  });

  test('asks for more than two standard errors of gain', () => {
    const around = (gains: number) =>
      of('a', [...Array.from({ length: gains }, (_, i) => [0.1 + i / 100, 1] as const), [0.9, -1]]);
    // Four gains: 4 - 2 sqrt 4 = 0. Five: 5 - 2 sqrt 5 = 0.53; the threshold lies between 0.14 and 0.9.
    expect(calibrateRefusals(around(4))).toEqual({ a: 0 });
    expect(calibrateRefusals(around(5))['a']).toBeCloseTo(0.52, 12);
  });

  test('does not count what changed nothing', () => {
    expect(
      calibrateRefusals(
        of('a', [
          [0.1, 0],
          [0.2, 0],
        ]),
      ),
    ).toEqual({ a: 0 });
  });

  test('keeps equal scores on one side', () => {
    const gains = [1, 1, 1, 1, 1, 1, -1, -1, -1];
    expect(calibrateRefusals(gains.map((gain) => ({ group: 'a', score: 0.5, gain })))).toEqual({ a: 0 });
  });

  test('does not depend on the order', () => {
    const outcomes = of(
      'a',
      Array.from({ length: 12 }, (_, i) => [i / 12, i % 5 === 4 ? -1 : 1] as const),
    );
    const forwards = calibrateRefusals(outcomes);
    expect(forwards['a']).toBeGreaterThan(0);
    expect(calibrateRefusals([...outcomes].reverse())).toEqual(forwards);
  });

  test('refuses scores that are no probabilities', () => {
    expect(() => calibrateRefusals(of('a', [[Number.NaN, 1]]))).toThrow(/0\.\.1, got NaN/);
  });
});
