import { reportMetrics, type SceneScore } from '@fgam/bench';
import { plainTable } from './plain-table.js';

/** One number of a benchmark as it is written and printed. */
export interface ScoreRow {
  /** Which answers: `first`, or `after the loop` with the critic's name. */
  readonly answers: string;
  readonly task: string;
  readonly metric: string;
  /** Null where there was nothing to divide by. */
  readonly value: number | null;
  readonly n: number;
  /** Of 95 %. */
  readonly interval: readonly [number, number] | null;
}

/** The scores of some answers as rows; JSON has no NaN. */
export function scoreRows(answers: string, scores: readonly SceneScore[]): ScoreRow[] {
  const metrics = reportMetrics(scores);
  return scores.flatMap(({ task, metric }) => {
    const found = metrics[`${task}.${metric}`];
    return found ? [{ answers, task, metric, ...found }] : [];
  });
}

/** Rows as a table for a terminal. */
export function scoreTable(rows: readonly ScoreRow[]): string {
  return plainTable(
    ['answers', 'task', 'metric', 'value', 'n', '95 % interval'],
    rows.map(({ answers, task, metric, value, n, interval }) => [
      answers,
      task,
      metric,
      value === null ? '-' : value.toFixed(3),
      n,
      interval === null ? '-' : interval.map((end) => end.toFixed(3)).join(' to '),
    ]),
  );
}
