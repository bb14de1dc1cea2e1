import { describe, expect, test } from 'vitest';
import { type AcceptanceOutcome, calibrateAcceptance } from './calibrate-acceptance.js';

const of = (group: string, pairs: readonly (readonly [score: number, gain: number])[]): AcceptanceOutcome[] =>
  pairs.map(([score, gain]) => ({ group, score, gain }));

describe('calibrateAcceptance', () => {
  test('sends back what gains, group by group', () => {
    // a: below 0.35 lie four gains (bound 4 - 2 = 2), below 0.5 four gains and a loss (3 - sqrt 5 = 0.76).
    const a = of('a', [
      [0.1, 1],
      [0.2, 1],
      [0.25, 1],
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
    expect(calibrateAcceptance([...a, ...b])).toEqual({ a: 0.35, b: 0 });
  });

  test('sends nothing back on evidence that chance could have made', () => {
    const around = (gains: number) =>
      of('a', [...Array.from({ length: gains }, (_, i) => [0.1 + i / 100, 1] as const), [0.9, -1]]);
    // One gain: 1 - sqrt 1 = 0. Two: 2 - sqrt 2 > 0.
    expect(calibrateAcceptance(around(1))).toEqual({ a: 0 });
    expect(calibrateAcceptance(around(2))['a']).toBeCloseTo(0.505, 12);
  });

  test('does not count what changed nothing', () => {
    expect(
      calibrateAcceptance(
        of('a', [
          [0.1, 0],
          [0.2, 0],
        ]),
      ),
    ).toEqual({ a: 0 });
  });

  test('keeps equal scores on one side', () => {
    const gains = [1, 1, -1, -1, -1];
    expect(calibrateAcceptance(gains.map((gain) => ({ group: 'a', score: 0.5, gain })))).toEqual({ a: 0 });
  });

  test('does not depend on the order', () => {
    const outcomes = of('a', [
      [0.3, 1],
      [0.1, 1],
      [0.8, -1],
      [0.2, -1],
      [0.15, 1],
    ]);
    expect(calibrateAcceptance([...outcomes].reverse())).toEqual(calibrateAcceptance(outcomes));
  });

  test('refuses scores that are no probabilities', () => {
    expect(() => calibrateAcceptance(of('a', [[Number.NaN, 1]]))).toThrow(/0\.\.1, got NaN/);
  });
});
