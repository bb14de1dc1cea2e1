import { type BootstrapOptions, type Interval, sumsInterval } from './bootstrap.js';

/** A yes/no question's truth and answer. An undefined answer is counted as wrong. */
export interface YesNoRow {
  readonly truth: 'yes' | 'no';
  readonly answer: 'yes' | 'no' | undefined;
  /** Rows of one group (an image) are resampled together. */
  readonly group: string;
}

/** Outcomes of yes/no questions; `yes` is positive. */
export interface YesNoCounts {
  readonly truePositive: number;
  readonly falsePositive: number;
  readonly trueNegative: number;
  readonly falseNegative: number;
  /** Answers that are really `yes`. */
  readonly yes: number;
}

/** POPE's five rates. */
export type YesNoMetric = 'accuracy' | 'precision' | 'recall' | 'f1' | 'yesRatio';

/**
 * The counts' rates, 0..1. Where nothing is positive, precision, recall and F1 are 0 (POPE's
 * script divides by zero there).
 */
export function yesNoRates(counts: YesNoCounts): Record<YesNoMetric, number> {
  const { truePositive, falsePositive, trueNegative, falseNegative, yes } = counts;
  const n = truePositive + falsePositive + trueNegative + falseNegative;
  return {
    accuracy: (truePositive + trueNegative) / n,
    precision: truePositive / Math.max(1, truePositive + falsePositive),
    recall: truePositive / Math.max(1, truePositive + falseNegative),
    f1: (2 * truePositive) / Math.max(1, 2 * truePositive + falsePositive + falseNegative),
    yesRatio: yes / n,
  };
}

/** Counts the outcomes of rows. */
export function countYesNo(rows: readonly YesNoRow[]): YesNoCounts {
  const sums = columnsOf(rows).map((column) => column.reduce((total, value) => total + value, 0));
  return countsOf(sums);
}

/** The five rates of rows, each with its interval. */
export function yesNoScores(
  rows: readonly YesNoRow[],
  options: BootstrapOptions = {},
): {
  readonly metric: YesNoMetric;
  readonly value: number;
  readonly n: number;
  readonly interval: Interval;
}[] {
  const values = yesNoRates(countYesNo(rows));
  const columns = columnsOf(rows);
  const groups = rows.map((row) => row.group);
  return (['accuracy', 'precision', 'recall', 'f1', 'yesRatio'] as const).map((metric) => ({
    metric,
    value: values[metric],
    n: rows.length,
    interval: sumsInterval(columns, groups, (sums) => yesNoRates(countsOf(sums))[metric], options),
  }));
}

function columnsOf(rows: readonly YesNoRow[]): number[][] {
  const column = (test: (row: YesNoRow) => boolean): number[] => rows.map((row) => (test(row) ? 1 : 0));
  return [
    column(({ truth, answer }) => truth === 'yes' && answer === 'yes'),
    column(({ truth, answer }) => truth === 'no' && answer !== 'no'),
    column(({ truth, answer }) => truth === 'no' && answer === 'no'),
    column(({ truth, answer }) => truth === 'yes' && answer !== 'yes'),
    column(({ answer }) => answer === 'yes'),
  ];
}

function countsOf(sums: ArrayLike<number>): YesNoCounts {
  return {
    truePositive: sums[0] ?? 0,
    falsePositive: sums[1] ?? 0,
    trueNegative: sums[2] ?? 0,
    falseNegative: sums[3] ?? 0,
    yes: sums[4] ?? 0,
  };
}
