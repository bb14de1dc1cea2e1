import type { BenchmarkScore } from '@fgam/bench';
import { flatMetrics } from './flat-metrics.js';
import type { RegionTextRecall } from './recall-scores.js';

/** One number of a benchmark, as all of them print it. */
export interface ResultRow {
  readonly task: string;
  /** Parts of a nested metric by a dot; those of a category begin with its name: `random.f1`. */
  readonly metric: string;
  /** Null where there was nothing to divide by. */
  readonly value: number | null;
  /** Questions; null for a category, whose number is not told. */
  readonly n: number | null;
  /** Of 95 %; null where there is none, as for parts of a metric and for categories. */
  readonly interval: readonly [number, number] | null;
  /** Of the rows of one category. */
  readonly category?: string;
}

/** A score as rows: the metrics of the whole, then those of each category; JSON has no NaN. */
export function resultRows({
  task,
  n,
  metrics,
  byCategory,
  interval,
}: Pick<BenchmarkScore, 'task' | 'n' | 'metrics' | 'byCategory' | 'interval'>): ResultRow[] {
  const whole = flatMetrics(metrics).map(
    ([metric, value]): ResultRow => ({
      task,
      metric,
      value: finite(value),
      n,
      interval: interval[metric] ?? null,
    }),
  );
  const parts = Object.entries(byCategory).flatMap(([category, each]) =>
    flatMetrics(each).map(
      ([metric, value]): ResultRow => ({
        task,
        metric: `${category}.${metric}`,
        value: finite(value),
        n: null,
        interval: null,
        category,
      }),
    ),
  );
  return [...whole, ...parts];
}

/** Recall of both directions as rows, `regionToText.recall@1` and so on. */
export function recallRows({ regionToText, textToRegion }: RegionTextRecall): ResultRow[] {
  return Object.entries({ regionToText, textToRegion }).flatMap(([direction, scores]) =>
    scores.map(
      ({ k, recall, n, interval }): ResultRow => ({
        task: 'recall',
        metric: `${direction}.recall@${k}`,
        value: finite(recall),
        n,
        interval,
      }),
    ),
  );
}

/** A row of a run, and which answers it is of: `first`, or `after the loop` with the critic's name. */
export type RunRow = ResultRow & { readonly answers: string };

/** The rows of some answers; none where they were not scored. */
export function runRows(answers: string, score: BenchmarkScore | undefined): RunRow[] {
  return score === undefined ? [] : resultRows(score).map((row) => ({ answers, ...row }));
}

function finite(value: number | null): number | null {
  return value === null || !Number.isFinite(value) ? null : value;
}
