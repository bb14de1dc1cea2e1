import type { StoppingCriteria } from '@huggingface/transformers';
import type { Transformers } from '../transformers/load-transformers.js';

/**
 * When a batch has ended: as soon as each text has. The library (4.3.1) ends it where all texts end at the
 * same token, else at their greatest length: this one remembers those that have ended.
 *
 * @param ends - tokens that end a text; the first token, with which every text starts, may be one of them
 * @param signal - where it is aborted, all have ended
 */
export function endCriterion(
  { StoppingCriteria: Criterion }: Transformers,
  ends: ReadonlySet<number>,
  signal?: AbortSignal,
): StoppingCriteria {
  class EveryTextHasEnded extends Criterion {
    override _call(rows: (number | bigint)[][]): boolean[] {
      const isAborted = signal?.aborted === true;
      return rows.map((row) => isAborted || row.slice(1).some((token) => ends.has(Number(token))));
    }
  }
  return new EveryTextHasEnded();
}
