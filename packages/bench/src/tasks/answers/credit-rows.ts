import type { ScoredRow } from '../../compare/compare-systems.js';
import { alignRows, type PredictedRow } from '../align-rows.js';
import type { BenchmarkScore, ScoreInput } from '../benchmark-task.js';

/** A question with its answer and how far that is right, 0..1: 0 where there is no answer, or two. */
export interface CreditedRow<Item, Answer = string> {
  readonly item: Item;
  readonly answer: Answer | undefined;
  readonly credit: number;
}

/** What is credited, and how. */
export interface CreditSettings<Item, Answer> {
  readonly task: string;
  readonly dialect: string;
  readonly items: readonly Item[];
  readonly predictions: readonly PredictedRow<Answer>[];
  readonly creditOf: (item: Item, answer: Answer) => number;
  /** Whether the rule takes an answer for one of those there are; default all. */
  readonly isParsable?: (item: Item, answer: Answer) => boolean;
}

/** Rows in the truth's order, and the part of a score that all tasks have. */
export interface CreditedRows<Item, Answer> {
  readonly rows: readonly CreditedRow<Item, Answer>[];
  readonly base: Pick<BenchmarkScore, 'task' | 'dialect' | 'n' | 'missing' | 'faults'>;
}

/**
 * Joins answers to questions by id and credits each.
 *
 * @throws FgamError `bench/bad-predictions`, `bench/bad-truth` as `alignRows`
 */
export function creditRows<Item extends { readonly id: string }, Answer>(
  { task, dialect, items, predictions, creditOf, isParsable = () => true }: CreditSettings<Item, Answer>,
  { allowMissing }: Pick<ScoreInput, 'allowMissing'>,
): CreditedRows<Item, Answer> {
  const aligned = alignRows(task, items, predictions, allowMissing);
  const rows = aligned.rows.map(({ item, answer }) => ({
    item,
    answer,
    credit: answer === undefined ? 0 : creditOf(item, answer),
  }));
  return {
    rows,
    base: {
      task,
      dialect,
      n: rows.length,
      missing: rows.filter(({ answer }) => answer === undefined).length,
      faults: {
        ...aligned.faults,
        unparsable: rows
          .filter(({ item, answer }) => answer !== undefined && !isParsable(item, answer))
          .map(({ item }) => item.id),
      },
    },
  };
}

/** The credits of rows. */
export function creditsOf(rows: readonly { readonly credit: number }[]): number[] {
  return rows.map(({ credit }) => credit);
}

/**
 * Rows as paired comparisons and the viewer take them.
 *
 * @param groupOf - the row's image: rows of one group are drawn together
 * @param truthOf - what is right, for people
 */
export function scoredRows<Item extends { readonly id: string }>(
  rows: readonly { readonly item: Item; readonly credit: number; readonly answer?: unknown }[],
  groupOf: (item: Item) => string,
  truthOf: (item: Item) => string | undefined,
): ScoredRow[] {
  // Without a spread, which copies: VQAv2 has 214,354 of these.
  return rows.map(({ item, credit, answer }) => ({
    id: item.id,
    group: groupOf(item),
    value: credit,
    answer: typeof answer === 'string' ? answer : undefined,
    truth: truthOf(item),
  }));
}

/** People's answers in a line: each once, the most frequent first. */
export function inALine(answers: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([answer]) => answer)
    .join(' / ');
}

/** A record's values, each as the one metric of a category. */
export function asCategories<Name extends string>(
  values: Readonly<Record<string, number | null>>,
  metric: Name,
  prefix = '',
): Record<string, Record<string, number | null>> {
  return Object.fromEntries(
    Object.entries(values).map(([category, value]) => [prefix + category, { [metric]: value }]),
  );
}
