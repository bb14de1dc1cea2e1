import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calibrateThreshold } from './calibrate-threshold.js';

describe('calibrateThreshold', () => {
  it('is worked by hand', () => {
    // At 0.35: 2 of 3 positives above, 2 of 2 negatives below. J = 2/3. No threshold does better.
    const scores = [0.1, 0.2, 0.3, 0.4, 0.9];
    const labels = [true, false, false, true, true];
    const found = calibrateThreshold(scores, labels);
    expect(found.threshold).toBeCloseTo(0.35);
    expect(found.sensitivity).toBeCloseTo(2 / 3);
    expect(found.specificity).toBe(1);
    expect(found.youden).toBeCloseTo(2 / 3);
    expect(found.balancedAccuracy).toBeCloseTo(5 / 6);
  });

  it('takes all where scores are the wrong way round', () => {
    const { threshold, youden } = calibrateThreshold([0.9, 0.1], [false, true]);
    expect([threshold, youden]).toEqual([0.1, 0]);
  });

  it('separates neighbouring numbers, huge ones and many', () => {
    const pairs: [number, number][] = [
      [1, 1 + Number.EPSILON],
      [0, Number.MIN_VALUE],
      [1e308, 1.5e308],
      [-1e-9, 1e-9],
    ];
    for (const [low, high] of pairs) expect(calibrateThreshold([low, high], [false, true]).youden).toBe(1);
    const many = Array.from({ length: 200_000 }, (_, i) => i);
    expect(
      calibrateThreshold(
        many,
        many.map((i) => i >= 150_000),
      ).threshold,
    ).toBe(149_999.5);
  });

  it('finds the best of all thresholds', () => {
    const entries = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.boolean()), {
      minLength: 2,
      maxLength: 30,
    });
    fc.assert(
      fc.property(entries, (list) => {
        const [scores, labels] = [list.map(([score]) => score / 10), list.map(([, label]) => label)];
        const positives = labels.filter(Boolean).length;
        fc.pre(positives > 0 && positives < labels.length);
        const youdenAt = (threshold: number) => {
          const hits = list.filter(([score, label]) => label && score / 10 >= threshold).length;
          const alarms = list.filter(([score, label]) => !label && score / 10 >= threshold).length;
          return hits / positives - alarms / (labels.length - positives);
        };
        const best = Math.max(...Array.from({ length: 12 }, (_, i) => youdenAt(i / 10 - 0.05)));
        const { threshold, youden } = calibrateThreshold(scores, labels);
        expect(youden).toBeCloseTo(best);
        expect(youdenAt(threshold)).toBeCloseTo(youden);
      }),
    );
  });

  it('refuses what can not be calibrated, naming every fault', () => {
    expect(() => calibrateThreshold([Number.NaN], [true, true])).toThrow(
      /a label a score, got 1 and 2.*finite.*both classes/,
    );
  });
});
