import { benchError } from '../error.js';
import type { Judgement } from './judgement-store.js';

/**
 * A check that all judgements of one number are of one model: each call adds what it got.
 *
 * @returns throws FgamError `bench/mixed-judges`
 */
export function createOneJudgeCheck(): (judgements: readonly Pick<Judgement, 'answeredBy'>[]) => void {
  const seen = new Set<string>();
  return (judgements) => {
    for (const { answeredBy } of judgements) seen.add(answeredBy);
    if (seen.size > 1)
      throw benchError(
        'bench/mixed-judges',
        `judge: expected one judge for one number, got answers of ${[...seen].join(' and ')}; record all of them anew, by a model name that does not change`,
      );
  };
}
