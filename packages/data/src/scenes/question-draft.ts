import type { Question } from '../records.js';
import type { Random } from './random.js';

/** A question without its ids. */
export type QuestionDraft = Omit<Question, 'id' | 'sample'>;

/** How many questions of each kind a scene gets, as far as it has so many that are clear. */
export interface QuestionCounts {
  /** Questions a setting, half of them with the answer yes. */
  readonly existence: { readonly random: number; readonly popular: number; readonly adversarial: number };
  readonly spatial: number;
  readonly attribute: number;
  readonly grounding: number;
  readonly reasoning: number;
  /** Open questions about places (`locationQuestions`). */
  readonly location: number;
  readonly caption: number;
}

/**
 * Twenty-two questions and a caption. Negatives are random: popular or adversarial ones would teach
 * against the planted bias.
 */
export const TRAIN_QUESTIONS = {
  existence: { random: 4, popular: 0, adversarial: 0 },
  spatial: 4,
  attribute: 2,
  grounding: 2,
  reasoning: 2,
  location: 8,
  caption: 1,
} as const satisfies QuestionCounts;

/** Six existence questions (POPE's three settings, one yes and one no each), seven others and a caption. */
export const TEST_QUESTIONS = {
  existence: { random: 2, popular: 2, adversarial: 2 },
  spatial: 2,
  attribute: 2,
  grounding: 1,
  reasoning: 2,
  location: 0,
  caption: 1,
} as const satisfies QuestionCounts;

/** As many `yes` as `no`, in random order; of an odd count, the last is tossed. */
export function balancedAnswers(random: Random, count: number): ('yes' | 'no')[] {
  const half = Math.floor(count / 2);
  const answers = [...Array<'yes'>(half).fill('yes'), ...Array<'no'>(half).fill('no')];
  return random.shuffle(count % 2 === 1 ? [...answers, random.chance(0.5) ? 'yes' : 'no'] : answers);
}

/**
 * One draft: first an answer, uniformly among those that occur, then a question with that answer.
 * Undefined if there is none.
 */
export function pickByAnswer(random: Random, drafts: readonly QuestionDraft[]): QuestionDraft | undefined {
  const answers = [...new Set(drafts.map((draft) => draft.answer))].sort();
  if (answers.length === 0) return undefined;
  const answer = random.pick(answers);
  return random.pick(drafts.filter((draft) => draft.answer === answer));
}

/**
 * Takes `count` drafts, going round the groups (in random order, so that each kind of question gets its
 * share) and balancing answers within each; no text twice.
 */
export function pickRoundRobin(
  random: Random,
  groups: readonly (readonly QuestionDraft[])[],
  count: number,
): QuestionDraft[] {
  const picked: QuestionDraft[] = [];
  let rest = random.shuffle(groups);
  while (picked.length < count && rest.length > 0) {
    rest = rest.filter((group) => {
      const fresh = group.filter((draft) => picked.every((taken) => taken.question !== draft.question));
      const draft = picked.length < count ? pickByAnswer(random, fresh) : undefined;
      if (draft) picked.push(draft);
      return draft !== undefined;
    });
  }
  return picked;
}
