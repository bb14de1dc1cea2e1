import { describe, expect, test } from 'vitest';
import { humanEvaluation } from './human-evaluation.js';
import { humanEvaluationText } from './human-evaluation-text.js';
import type { RatingAnswer } from './rating-store.js';
import { sampleStudy } from './sample-study.test-support.js';
import { SCALES } from './scales.js';

const study = sampleStudy({ items: 2 });

/** All scales of all responses, `value(rater, item, system)` on the Likert scales; the flag where that is 1. */
function answersBy(value: (rater: number, item: number, system: number) => number): RatingAnswer[] {
  return study.raters.flatMap((rater, r) =>
    study.items.flatMap(({ id }, i) =>
      study.systems.flatMap((_, system) =>
        SCALES.map(({ key }) => {
          const given = value(r, i, system);
          return {
            rater,
            item: id,
            system,
            scale: key,
            value: key === 'factualError' ? Number(given === 1) : given,
          };
        }),
      ),
    ),
  );
}

/** First system 1, 2 (anna) and 1, 4 (ben); second 5, 4 and 5, 4. */
const table = [
  [
    [1, 5],
    [2, 4],
  ],
  [
    [1, 5],
    [4, 4],
  ],
];
const answers = answersBy((rater, item, system) => table[rater]?.[item]?.[system] ?? 0);

describe('humanEvaluation', () => {
  test('gives means, shares and differences', () => {
    const result = humanEvaluation(study, answers, { seed: 1 });
    if (!result.complete) throw new Error('not complete');
    const [first, second] = result.systems;
    expect(first?.scales.overall.mean).toBe(2);
    expect(second?.scales.overall.mean).toBe(4.5);
    // Items draw 1 or 3 on average for the first, 5 or 4 for the second: all resamples lie between.
    expect(first?.scales.overall.interval).toEqual([1, 3]);
    expect(second?.scales.overall.difference).toEqual({ difference: 2.5, interval: [1, 4] });
    expect(first?.scales.overall.difference).toBeUndefined();
    expect(first?.scales.factualError.mean).toBe(0.5);
    expect(second?.scales.factualError.mean).toBe(0);
    // Both raters agree on every flag; on the scales all but the first system's second item.
    expect(result.agreement.factualError.alpha).toBe(1);
    // Values 1 1 | 5 5 | 2 4 | 4 4: margins 2 1 3 2 of 1 2 4 5. Observed: d(2,4)^2 = (1 +
    // 3 - 2)^2 = 4, of both orders 8.
    // Expected of both orders: 2 (2 d12 + 6 d14 + 4 d15 + 3 d24 + 2 d25 + 6 d45), d as (1.5 3.5 6 2 4.5 2.5) squared.
    const expected = 2 * (2 * 2.25 + 6 * 12.25 + 4 * 36 + 3 * 4 + 2 * 20.25 + 6 * 6.25);
    expect(result.agreement.overall.alpha).toBeCloseTo(1 - (7 * 8) / expected, 12);
    const text = humanEvaluationText(result);
    expect(text).toContain('secret-rectified - secret-base');
    expect(text).toContain('50.0 % [0.0, 100.0]');
    expect(text).toContain('+2.50 [1.00, 4.00]');
    expect(text).toMatch(/secret-rectified - secret-base.*-50\.0 % \[-100\.0, 0\.0\]/);
  });

  test('names no system and shows no value while one is missing', () => {
    const result = humanEvaluation(study, answers.slice(1));
    expect(result).toEqual({
      complete: false,
      items: 2,
      raters: [
        { name: 'anna', rated: 3, of: 4 },
        { name: 'ben', rated: 4, of: 4 },
      ],
      systems: expect.arrayContaining([
        { name: expect.stringMatching(/^system [AB]$/) as string, rated: 3, of: 4 },
        { name: expect.stringMatching(/^system [AB]$/) as string, rated: 4, of: 4 },
      ]) as unknown,
    });
    for (const said of [JSON.stringify(result), humanEvaluationText(result)]) {
      expect(said).not.toContain('secret');
      expect(said).not.toMatch(/mean|alpha/i);
    }
  });

  test('has no agreement to tell where nothing varies', () => {
    const result = humanEvaluation(
      study,
      answersBy(() => 3),
    );
    expect(result).toMatchObject({ agreement: { overall: { alpha: undefined } } });
    expect(humanEvaluationText(result)).toContain('n/a (nothing varies)');
    const alone = { ...study, raters: ['anna'] };
    const own = answers.filter(({ rater }) => rater === 'anna');
    expect(humanEvaluationText(humanEvaluation(alone, own))).toContain('n/a (one rater)');
  });
});
