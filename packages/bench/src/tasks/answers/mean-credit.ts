import type { BenchmarkScore, ScoreInput } from '../benchmark-task.js';
import { creditsOf, scoredRows } from './credit-rows.js';
import { percentInterval } from './percent-interval.js';

/** Options of {@link meanCredit}. */
interface MeanCreditOptions<Item> {
  /** The row's image, or the question where they are independent: rows of one group are drawn together. */
  readonly groupOf: (item: Item) => string;
  /** What is right, for people. */
  readonly truthOf: (item: Item) => string | undefined;
  readonly seed: ScoreInput['seed'] | undefined;
}

/** Interval and rows of a metric that is the mean of its rows' credits, in percent: over the same groups in both. */
export function meanCredit<Item extends { readonly id: string }>(
  metric: string,
  rows: readonly { readonly item: Item; readonly credit: number; readonly answer?: unknown }[],
  { groupOf, truthOf, seed = 0 }: MeanCreditOptions<Item>,
): Required<Pick<BenchmarkScore, 'interval' | 'rows'>> {
  const groups = rows.map(({ item }) => groupOf(item));
  return {
    interval: { [metric]: percentInterval(creditsOf(rows), groups, { seed }) },
    rows: { [metric]: scoredRows(rows, groupOf, truthOf) },
  };
}
