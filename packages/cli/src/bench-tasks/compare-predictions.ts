import { type BenchmarkTask, compareSystems, type ScoreInput, type SystemComparison } from '@fgam/bench';
import { FgamError } from '@fgam/data';
import { plainTable } from './plain-table.js';

/** Two files of predictions on the same questions. */
export interface PredictionComparison {
  readonly task: string;
  readonly dialect: string;
  /**
   * By metric, in shares 0..1: `first` is what is compared against, `second` the predictions, `difference`
   * the second less the first.
   */
  readonly metrics: Readonly<Record<string, SystemComparison>>;
  readonly notes: readonly string[];
}

/**
 * Compares predictions with others, question by question.
 *
 * @throws FgamError `bench/no-rows` where the benchmark's metrics are no means over questions;
 * and what the scorer throws
 */
export async function comparePredictions(
  task: BenchmarkTask,
  { against, ...input }: ScoreInput & { readonly against: readonly string[] },
): Promise<PredictionComparison> {
  const ours = await task.score(input);
  const others = await task.score({ ...input, predictions: against });
  const metrics = Object.entries(ours.rows ?? {}).flatMap(([metric, rows]) => {
    const theirs = others.rows?.[metric];
    return theirs === undefined
      ? []
      : [[metric, compareSystems(theirs, rows, { seed: input.seed ?? 0 })] as const];
  });
  if (metrics.length === 0)
    throw new FgamError<'bench/no-rows'>(
      'bench/no-rows',
      `${task.name}: expected a metric that is a mean over questions in both, got none; compare the intervals that fgam bench score prints instead`,
    );
  return {
    ...{ task: task.name, dialect: ours.dialect, metrics: Object.fromEntries(metrics) },
    notes: [...new Set([...ours.notes, ...others.notes])],
  };
}

/** A comparison for people, in percent. */
export function comparisonText(
  { dialect, metrics, notes }: PredictionComparison,
  { title }: BenchmarkTask,
): string {
  const points = (share: number): string => (100 * share).toFixed(2);
  const rows = Object.entries(metrics).map(([metric, found]) => {
    const { n, first, second, difference, interval, mcnemar, questionsForOnePoint } = found;
    return [
      ...[metric, String(n), points(second), points(first), points(difference)],
      `${points(interval[0])} to ${points(interval[1])}`,
      mcnemar === undefined
        ? 'n/a'
        : `${mcnemar.pValue.toPrecision(3)} (${mcnemar.onlySecond} against ${mcnemar.onlyFirst})`,
      questionsForOnePoint === undefined ? 'n/a' : String(questionsForOnePoint),
    ];
  });
  const head = ['metric', 'questions', 'predictions', 'against', 'difference', '95 % interval'];
  return [
    `${title}, ${dialect}: percent of each question's worth`,
    plainTable([...head, "McNemar's p (right alone)", 'questions for one point'], rows),
    ...notes,
  ].join('\n');
}
