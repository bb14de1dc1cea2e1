import { type BootstrapOptions, type Interval, pairedDifference } from '../bootstrap.js';
import { benchError, listIds } from '../error.js';
import { mcnemarTest, type McnemarResult } from './mcnemar-test.js';
import { questionsNeeded } from './questions-needed.js';

/** What one system got for one question. */
export interface ScoredRow {
  readonly id: string;
  /** Its image: rows of one group are drawn together. */
  readonly group: string;
  /** 0 (wrong) to 1 (right); shares in between where a rule gives them. */
  readonly value: number;
  /** Id of the question that was asked, where that is not `id`. */
  readonly question?: string;
  /** What the system said, for people; undefined without an answer, or where it is no text. */
  readonly answer?: string | undefined;
  /** What is right, for people; undefined where that is no text. */
  readonly truth?: string | undefined;
}

/** Two systems on the same questions. */
export interface SystemComparison {
  readonly n: number;
  readonly first: number;
  readonly second: number;
  /** second - first, with its paired 95 % interval over images; an interval that leaves out 0 is a difference. */
  readonly difference: number;
  readonly interval: Interval;
  /** Where every value is 0 or 1. */
  readonly mcnemar?: McnemarResult;
  /**
   * Questions that a difference of one point (0.01) would need to be seen in four of five cases; undefined
   * where the two never disagree by enough, or values are shares.
   */
  readonly questionsForOnePoint?: number;
}

/** One point of a score in percent. */
const ONE_POINT = 0.01;

/**
 * Compares two systems on the same questions: means, paired difference with its interval, McNemar's test, and
 * how many questions one point needs.
 *
 * @throws FgamError `bench/bad-input` that names the rows which only one of the two has, or has twice
 * @example
 * ```ts
 * import { compareSystems } from '@fgam/bench';
 *
 * const rows = (right: (row: number) => boolean) =>
 *   Array.from({ length: 200 }, (_, row) => ({ id: `${row}`, group: `${row}`, value: right(row) ? 1 : 0 }));
 * const { difference, interval, mcnemar } = compareSystems(rows((row) => row % 2 === 0), rows((row) => row % 4 !== 3));
 * if (difference !== 0.25 || interval[0] <= 0 || mcnemar?.onlyFirst !== 0) throw new Error('the second is better');
 * ```
 */
export function compareSystems(
  first: readonly ScoredRow[],
  second: readonly ScoredRow[],
  options: BootstrapOptions = {},
): SystemComparison {
  const others = byId('second', second);
  const mine = byId('first', first);
  const lonely = [
    ...first.filter(({ id }) => !others.has(id)),
    ...second.filter(({ id }) => !mine.has(id)),
  ].map(({ id }) => id);
  if (lonely.length > 0)
    throw benchError(
      'bench/bad-input',
      `compareSystems: expected the same questions for both, got ${lonely.length} that only one has (${listIds(lonely)}); score both on the same truth`,
    );
  const a = first.map(({ value }) => value);
  const b = first.map(({ id }) => others.get(id) ?? Number.NaN);
  const { difference, interval } = pairedDifference({
    ...options,
    a,
    b,
    groups: first.map(({ group }) => group),
  });
  const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
  const common = { n: first.length, first: mean(a), second: mean(b), difference, interval };
  const isRight = (value: number): boolean => value === 1;
  if (![...a, ...b].every((value) => value === 0 || value === 1)) return common;
  const mcnemar = mcnemarTest(a.map(isRight), b.map(isRight));
  const discordant = (mcnemar.onlyFirst + mcnemar.onlySecond) / first.length;
  return {
    ...common,
    mcnemar,
    ...(discordant >= ONE_POINT
      ? { questionsForOnePoint: questionsNeeded({ difference: ONE_POINT, discordant }) }
      : {}),
  };
}

function byId(which: string, rows: readonly ScoredRow[]): Map<string, number> {
  const found = new Map(rows.map(({ id, value }) => [id, value]));
  if (found.size !== rows.length)
    throw benchError(
      'bench/bad-input',
      `compareSystems: expected each id once in the ${which} system's rows, got ${rows.length} rows with ${found.size} ids`,
    );
  return found;
}
