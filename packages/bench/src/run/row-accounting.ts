import type { RoundCounts } from '../accounting.js';
import type { ScoredRow } from '../compare/compare-systems.js';
import { benchError, listIds } from '../error.js';

/** What changed answers did to the questions of one metric; the harm comes first. */
export interface RowAccounting extends RoundCounts {
  /** Ids of questions that are worth less than before. */
  readonly brokenIds: readonly string[];
  readonly fixedIds: readonly string[];
}

/**
 * Counts what final answers made of first ones, question by question: worth less (broken), worth
 * more (fixed), as before.
 *
 * Where values are shares (VQA's), what is as before counts as right above 0.
 *
 * @throws FgamError `bench/bad-input` where the two are not of the same questions
 * @example
 * ```ts
 * import { rowAccounting } from '@fgam/bench';
 *
 * const rows = (...values: number[]) =>
 *   values.map((value, index) => ({ id: 'abcd'.charAt(index), group: '1.jpg', value }));
 * const { broken, fixed, net, brokenIds, unchangedRight } = rowAccounting(rows(1, 0, 0.3, 1), rows(0, 1, 1, 1));
 * if (broken !== 1 || brokenIds.join() !== 'a') throw new Error('a was right');
 * if (fixed !== 2 || net !== 1 || unchangedRight !== 1) throw new Error(`${fixed} ${net}`);
 * ```
 */
export function rowAccounting(first: readonly ScoredRow[], final: readonly ScoredRow[]): RowAccounting {
  const finals = new Map(final.map(({ id, value }) => [id, value]));
  const lonely = first.filter(({ id }) => !finals.has(id)).map(({ id }) => id);
  const isTwice = new Set(first.map(({ id }) => id)).size !== first.length || finals.size !== final.length;
  if (lonely.length > 0 || isTwice || finals.size !== first.length)
    throw benchError(
      'bench/bad-input',
      `rowAccounting: expected the same questions first and finally, each once, got ${first.length} and ${final.length} (${listIds(lonely)}); score both on the same truth`,
    );
  const changes = first.map(({ id, value }) => ({ id, was: value, is: finals.get(id) ?? value }));
  const brokenIds = changes.filter(({ was, is }) => is < was).map(({ id }) => id);
  const fixedIds = changes.filter(({ was, is }) => is > was).map(({ id }) => id);
  const same = changes.filter(({ was, is }) => was === is);
  const unchangedRight = same.filter(({ is }) => is > 0).length;
  return {
    ...{ broken: brokenIds.length, fixed: fixedIds.length },
    ...{ unchangedRight, unchangedWrong: same.length - unchangedRight },
    net: fixedIds.length - brokenIds.length,
    ...{ brokenIds, fixedIds },
  };
}
