import type { Question, QuestionKind, Trajectory } from '@fgam/data';
import { benchError, listIds } from './error.js';

/** What one round of rectification did to a set of answers, against the answers of the round before. */
export interface RoundCounts {
  /** Wrong before, right after. */
  readonly fixed: number;
  /** Right before, wrong after: the harm. */
  readonly broken: number;
  /** Right before and after. */
  readonly unchangedRight: number;
  /** Wrong before and after (the wording may differ). */
  readonly unchangedWrong: number;
  /** `fixed - broken`. */
  readonly net: number;
}

/** A round's counts, overall and by question kind, with the ids of what changed. */
export interface RoundAccounting {
  /** Ids of answers that were right and became wrong. */
  readonly brokenIds: readonly string[];
  readonly fixedIds: readonly string[];
  /** From 1; `total` compares the first answers with the final ones. */
  readonly round: number | 'total';
  readonly overall: RoundCounts;
  readonly byKind: Readonly<Partial<Record<QuestionKind, RoundCounts>>>;
}

/** Accounting of a loop: what it broke comes first. */
export interface CorrectionAccounting {
  /** Ids whose first answer was right and whose final one is wrong. */
  readonly brokenIds: readonly string[];
  /** First answers against final ones. */
  readonly total: RoundAccounting;
  /**
   * One a round; a trajectory that ended earlier keeps its last attempt. Where loops went back to an earlier
   * answer than their last attempt, that choice is a round of its own after all attempts, the same for every
   * trajectory: of K revisions there can be K + 1 rounds.
   */
  readonly rounds: readonly RoundAccounting[];
}

interface Story {
  readonly id: string;
  readonly kind: QuestionKind;
  /** Whether each attempt is right: the first answer, that of round 1, of round 2, ... */
  readonly right: readonly boolean[];
  readonly finalRight: boolean;
  /** Whether the final answer is another than the last attempt. */
  readonly wentBack: boolean;
}

/**
 * What rectification did, round by round: answers fixed, answers broken (right that became wrong),
 * answers left as they were.
 *
 * @param trajectories - from a rectification loop
 * @param questions - the truth, by the trajectories' ids
 * @param isRight - such as this package's `isRight`
 * @throws FgamError `bench/bad-predictions` where a trajectory has no question, no attempt, or an id occurs twice
 * @example
 * ```ts
 * import { correctionAccounting, isRight } from '@fgam/bench';
 *
 * const question = { id: 'q', sample: '1', kind: 'existence', question: 'is there a red circle ?', answer: 'no' } as const;
 * const attempts = [{ response: 'yes' }, { response: 'no' }];
 * const trajectory = { id: 'q', image: '1.png', question: question.question, attempts, final: 'no', stop: 'accepted' } as const;
 * const { total } = correctionAccounting([trajectory], [question], isRight);
 * if (total.overall.fixed !== 1 || total.overall.broken !== 0) throw new Error('wrong accounting');
 * ```
 */
export function correctionAccounting(
  trajectories: readonly Trajectory[],
  questions: readonly Question[],
  isRight: (question: Question, answer: string) => boolean,
): CorrectionAccounting {
  const stories = readStories(trajectories, questions, isRight);
  const attempts = stories.reduce((most, { right }) => Math.max(most, right.length), 1);
  const last = attempts - 1;
  const rounds = Array.from({ length: last }, (_, index) =>
    account(stories, rightAfter(index), rightAfter(index + 1), index + 1),
  );
  if (stories.some(({ wentBack }) => wentBack))
    rounds.push(account(stories, rightAfter(last), ({ finalRight }) => finalRight, attempts));
  const total = account(stories, rightAfter(0), ({ finalRight }) => finalRight, 'total');
  return { brokenIds: total.brokenIds, total, rounds };
}

function readStories(
  trajectories: readonly Trajectory[],
  questions: readonly Question[],
  isRight: (question: Question, answer: string) => boolean,
): Story[] {
  const questionOf = new Map(questions.map((question) => [question.id, question]));
  const seen = new Set<string>();
  const bad: string[] = [];
  const stories = trajectories.flatMap((trajectory): Story[] => {
    const question = questionOf.get(trajectory.id);
    if (!question || trajectory.attempts.length === 0 || seen.has(trajectory.id)) {
      bad.push(trajectory.id);
      return [];
    }
    seen.add(trajectory.id);
    const { id, attempts, final } = trajectory;
    return [
      {
        ...{ id, kind: question.kind },
        right: attempts.map(({ response }) => isRight(question, response)),
        finalRight: isRight(question, final),
        wentBack: attempts.at(-1)?.response !== final,
      },
    ];
  });
  if (bad.length > 0)
    throw benchError(
      'bench/bad-predictions',
      `correctionAccounting: expected trajectories with a question, an attempt and an id of their own, got ${bad.length} without (${listIds(bad)}); pass the questions that were asked`,
    );
  return stories;
}

type Judgement = (story: Story) => boolean;

/** Whether the attempt of a round is right, or the last one of a trajectory that ended before it. */
function rightAfter(round: number): Judgement {
  return ({ right }) => right[Math.min(round, right.length - 1)] ?? false;
}

function account(
  stories: readonly Story[],
  before: Judgement,
  after: Judgement,
  round: RoundAccounting['round'],
): RoundAccounting {
  const changes = stories.map((story) => ({
    ...{ id: story.id, kind: story.kind },
    ...{ was: before(story), is: after(story) },
  }));
  const kinds = [...new Set(changes.map(({ kind }) => kind))];
  return {
    brokenIds: changes.filter(({ was, is }) => was && !is).map(({ id }) => id),
    fixedIds: changes.filter(({ was, is }) => !was && is).map(({ id }) => id),
    round,
    overall: countChanges(changes),
    byKind: Object.fromEntries(
      kinds.map((kind) => [kind, countChanges(changes.filter((change) => change.kind === kind))]),
    ),
  };
}

function countChanges(changes: readonly { readonly was: boolean; readonly is: boolean }[]): RoundCounts {
  const count = (was: boolean, is: boolean): number =>
    changes.filter((change) => change.was === was && change.is === is).length;
  const [fixed, broken] = [count(false, true), count(true, false)];
  return {
    fixed,
    broken,
    unchangedRight: count(true, true),
    unchangedWrong: count(false, false),
    net: fixed - broken,
  };
}
