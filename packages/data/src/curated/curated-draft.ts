import type { Question, QuestionTruth } from '../records.js';
import type { Random } from '../scenes/random.js';
import type { LabelStatistics } from './label-statistics.js';
import { type PhotoFacts, type PhotoObject, unnameable } from './photo-facts.js';

/** Why something was not asked about. */
export type CuratedRejection =
  | 'open-world'
  | 'ambiguous'
  | 'twins'
  | 'crowd'
  | 'plural'
  | 'small'
  | 'coarse'
  | 'many'
  | 'margin'
  | 'overlap'
  | 'contradiction'
  | 'several-values'
  | 'said-elsewhere'
  | 'no-wrong-answer'
  | 'unbalanced';

/** A question that may be asked. */
export type CuratedDraft = Omit<Question, 'id' | 'sample' | 'truth'> & { readonly truth: QuestionTruth };

/** What drafts are made of. */
export interface DraftContext {
  readonly facts: PhotoFacts;
  readonly statistics: LabelStatistics;
  readonly random: Random;
  /** Counts what is not asked about. */
  readonly reject: (reason: CuratedRejection) => void;
}

/** The things that can be named alone, `the dog`; the others are counted. */
export function nameable({ facts, reject }: DraftContext): PhotoObject[] {
  return facts.objects.filter((object) => {
    const reason = unnameable(facts, object);
    if (reason !== undefined) reject(reason);
    return reason === undefined;
  });
}

/** Ids and boxes of what a question is about. */
export function evidenceOf(objects: readonly PhotoObject[]): Pick<QuestionTruth, 'regions' | 'boxes'> {
  return { regions: objects.map(({ region }) => region.id), boxes: objects.map(({ region }) => region.box) };
}

/** The answer and the wrong one to a question of yes or no. */
export function yesNo(holds: boolean): { readonly answer: 'yes' | 'no'; readonly wrong: readonly string[] } {
  return holds ? { answer: 'yes', wrong: ['no'] } : { answer: 'no', wrong: ['yes'] };
}

/** Numbers near a count, none of them negative and none of them it. */
export function otherCounts(count: number): string[] {
  return [count + 1, count - 1, count + 2, count - 2].filter((other) => other >= 0).map(String);
}
