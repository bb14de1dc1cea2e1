import { roundHalfEven } from '../answers/round-half-even.js';

/** A question's truth and what a model gave for the chance that it can be answered. */
export interface Answerability {
  readonly answerable: 0 | 1;
  /** 0..1. */
  readonly predicted: number;
}

/**
 * How well unanswerable questions are found, in percent to two places: average precision and F1 of
 * `1 - answerable`, the latter at a chance above 1/2.
 *
 * Average precision is scikit-learn's: the sum over thresholds of precision times the step in recall, equal
 * scores at one threshold.
 *
 * @returns null for a rate that has nothing to find
 */
export function answerabilityRates(rows: readonly Answerability[]): {
  readonly averagePrecision: number | null;
  readonly f1: number | null;
} {
  const scored = rows
    .map(({ answerable, predicted }) => ({ isTrue: answerable === 0, score: 1 - predicted }))
    .sort((a, b) => b.score - a.score);
  const positives = scored.filter(({ isTrue }) => isTrue).length;
  if (positives === 0) return { averagePrecision: null, f1: null };
  let precisionByRecall = 0;
  let found = 0;
  let before = 0;
  for (const [index, { isTrue, score }] of scored.entries()) {
    if (isTrue) found++;
    if (scored[index + 1]?.score === score) continue;
    precisionByRecall += ((found - before) / positives) * (found / (index + 1));
    before = found;
  }
  const said = scored.filter(({ score }) => score > 0.5);
  const right = said.filter(({ isTrue }) => isTrue).length;
  return {
    averagePrecision: roundHalfEven(100 * precisionByRecall, 2),
    f1: roundHalfEven((100 * 2 * right) / (said.length + positives), 2),
  };
}
