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
 * The counts' rates, 0..1:
 *
 *     accuracy = (TP + TN) / n; precision = TP / (TP + FP); recall = TP / (TP + FN)
 *     F1 = 2 TP / (2 TP + FP + FN); yes ratio = yes / n
 *
 * Where nothing is positive, precision, recall and F1 are 0 (POPE's script divides by zero there); accuracy
 * and yes ratio of no rows are NaN.
 *
 * @example
 * ```ts
 * import { yesNoRates } from '@fgam/bench';
 *
 * const counts = { truePositive: 3, falsePositive: 1, trueNegative: 5, falseNegative: 1, yes: 4 };
 * const { accuracy, precision, recall, f1, yesRatio } = yesNoRates(counts);
 * if (accuracy !== 8 / 10 || yesRatio !== 4 / 10) throw new Error(`${accuracy} ${yesRatio}`);
 * if (precision !== 3 / 4 || recall !== 3 / 4 || f1 !== 6 / 8) throw new Error(`${precision} ${recall} ${f1}`);
 * ```
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

/**
 * Counts the outcomes of rows.
 *
 * An undefined answer is a false positive where the truth is no, and a false negative where it is yes.
 *
 * @example
 * ```ts
 * import { countYesNo } from '@fgam/bench';
 *
 * const counts = countYesNo([
 *   { truth: 'yes', answer: 'yes', group: '1.jpg' },
 *   { truth: 'no', answer: 'no', group: '1.jpg' },
 *   { truth: 'no', answer: undefined, group: '2.jpg' },
 * ]);
 * if (counts.truePositive !== 1 || counts.trueNegative !== 1) throw new Error('two are right');
 * // What is not answered is wrong, but no `yes`.
 * if (counts.falsePositive !== 1 || counts.yes !== 1) throw new Error('one is wrong');
 * ```
 */
export function countYesNo(rows: readonly YesNoRow[]): YesNoCounts {
  const sums = columnsOf(rows).map((column) => column.reduce((total, value) => total + value, 0));
  return countsOf(sums);
}

/**
 * The five rates of rows (`yesNoRates`), each with its interval by a bootstrap over groups (`sumsInterval`).
 *
 * @throws FgamError `bench/bad-input` for an option that is out of range
 * @example
 * ```ts
 * import { yesNoScores } from '@fgam/bench';
 *
 * const scores = yesNoScores([
 *   { truth: 'yes', answer: 'yes', group: '1.jpg' },
 *   { truth: 'no', answer: 'no', group: '1.jpg' },
 *   { truth: 'yes', answer: 'no', group: '2.jpg' },
 *   { truth: 'no', answer: 'yes', group: '2.jpg' },
 * ]);
 * const accuracy = scores.find(({ metric }) => metric === 'accuracy');
 * if (scores.length !== 5 || accuracy?.value !== 0.5 || accuracy.n !== 4) throw new Error('2 of 4 are right');
 * // Two images, one all right and one all wrong: nothing is known.
 * if (accuracy.interval.join() !== '0,1') throw new Error(accuracy.interval.join());
 * ```
 */
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
