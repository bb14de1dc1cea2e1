import type { BenchmarkScore } from '@fgam/bench';

/** A score as it is printed, beside its rows: what each question is worth is for comparisons. */
export type ShownScore = Omit<BenchmarkScore, 'rows'>;

/** A score without its rows. */
export function shownScore(score: BenchmarkScore): ShownScore {
  const { task, dialect, n, missing, metrics, byCategory, interval, faults, notes } = score;
  return { task, dialect, n, missing, metrics, byCategory, interval, faults, notes };
}
