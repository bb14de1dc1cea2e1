import { type BootstrapOptions, type Interval, sumsInterval } from '../../bootstrap.js';
import type { YesNoMetric } from '../../yes-no.js';
import type { PopeDialect } from './parse-pope-answer.js';
import type { PopeQuestion } from './read-pope-truth.js';

/** A question with what was answered: `neither` as the dialect reads it, undefined where there is no answer. */
export interface PopeRow {
  readonly item: PopeQuestion;
  readonly answer: 'yes' | 'no' | 'neither' | undefined;
}

/** Sums that the five rates are made of. */
const COLUMNS = {
  truePositive: ({ item, answer }) => item.label === 'yes' && answer === 'yes',
  falsePositive: ({ item, answer }) => item.label === 'no' && (answer === 'yes' || answer === undefined),
  falseNegative: ({ item, answer }) => item.label === 'yes' && (answer === 'no' || answer === undefined),
  neitherOfTrue: ({ item, answer }) => item.label === 'yes' && answer === 'neither',
  right: ({ item, answer }) => item.label === answer,
  saidYes: ({ answer }) => answer === 'yes',
  trulyYes: ({ item }) => item.label === 'yes',
  n: () => true,
} satisfies Record<string, (row: PopeRow) => boolean>;

type Column = keyof typeof COLUMNS;

const NAMES: readonly Column[] = [
  'truePositive',
  'falsePositive',
  'falseNegative',
  'neitherOfTrue',
  'right',
  'saidYes',
  'trulyYes',
  'n',
];

/**
 * POPE's five rates of rows, 0..1; yes is positive. What would be divided by zero is 0 (the
 * official script stops there).
 *
 * A question without an answer is wrong: a false negative or a false positive. An answer that is neither
 * counts in VLMEvalKit as a no that is never right, and in lmms-eval towards no rate but accuracy;
 * lmms-eval's share of yes is that of the truth.
 */
export function popeRates(rows: readonly PopeRow[], dialect: PopeDialect): Record<YesNoMetric, number> {
  return ratesOf(
    Float64Array.from(NAMES, (name) => rows.filter(COLUMNS[name]).length),
    dialect,
  );
}

/** The 95 % interval of each rate, by a bootstrap over images. */
export function popeIntervals(
  rows: readonly PopeRow[],
  dialect: PopeDialect,
  options: BootstrapOptions,
): Record<YesNoMetric, Interval> {
  const columns = NAMES.map((name) => rows.map((row) => (COLUMNS[name](row) ? 1 : 0)));
  const groups = rows.map(({ item }) => item.image);
  const interval = (metric: YesNoMetric): Interval =>
    sumsInterval(columns, groups, (sums) => ratesOf(sums, dialect)[metric], options);
  return {
    accuracy: interval('accuracy'),
    precision: interval('precision'),
    recall: interval('recall'),
    f1: interval('f1'),
    yesRatio: interval('yesRatio'),
  };
}

function ratesOf(sums: Float64Array, dialect: PopeDialect): Record<YesNoMetric, number> {
  const [
    truePositive = 0,
    falsePositive = 0,
    falseNegative = 0,
    neither = 0,
    right = 0,
    saidYes = 0,
    trulyYes = 0,
    n = 0,
  ] = sums;
  const missed = dialect === 'vlmevalkit' ? falseNegative + neither : falseNegative;
  const precision = ratio(truePositive, truePositive + falsePositive);
  const recall = ratio(truePositive, truePositive + missed);
  return {
    accuracy: ratio(right, n),
    precision,
    recall,
    f1: ratio(2 * precision * recall, precision + recall),
    yesRatio: ratio(dialect === 'lmms-eval' ? trulyYes : saidYes, n),
  };
}

function ratio(top: number, bottom: number): number {
  return bottom === 0 ? 0 : top / bottom;
}
