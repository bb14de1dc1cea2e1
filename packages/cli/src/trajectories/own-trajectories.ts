import { createRandom, type IssueKind, type Question, type Trajectory } from '@fgam/data';
import { countErrors } from './count-errors.js';
import { type JudgedResponse, LEFT_OUT, type LeftOutReason } from './judged-response.js';

/** Options of {@link ownTrajectories}. */
export interface OwnTrajectoriesOptions {
  /** Least share of trajectories with a correction; 0: all that were accepted are there. */
  readonly wrongShare: number;
  readonly seed: number;
  /** The name of a question's image. */
  readonly imageOf: (question: Question) => string;
}

/** Trajectories of a model's own responses, and how many responses came to what. */
export interface OwnTrajectories {
  readonly trajectories: readonly Trajectory[];
  /** Corrections by the kind of the first issue. */
  readonly errors: Partial<Record<IssueKind, number>>;
  readonly counts: OwnCounts;
}

/** Numbers of responses: those that are no trajectory by why. */
export interface OwnCounts {
  readonly accepted: number;
  readonly refused: number;
  readonly corrected: number;
  readonly leftOut: Partial<Record<LeftOutReason, number>>;
}

/**
 * Refused responses with their feedback and correction, and of accepted ones as many, drawn by the seed, as leave
 * those their share.
 */
export function ownTrajectories(
  judged: readonly JudgedResponse[],
  { wrongShare, seed, imageOf }: OwnTrajectoriesOptions,
): OwnTrajectories {
  const corrected = judged.flatMap((each) => (each.outcome === 'corrected' ? [each] : []));
  const accepted = judged.filter(({ outcome }) => outcome === 'accepted');
  // What rounding takes of a whole number is none.
  const most =
    wrongShare === 0
      ? accepted.length
      : Math.floor((corrected.length * (1 - wrongShare)) / wrongShare + 1e-9);
  const drawn = new Set(createRandom(`own-accepted/${seed}`).shuffle(accepted).slice(0, most));
  const trajectories = judged.flatMap((each): Trajectory[] => {
    if (each.outcome !== 'corrected' && each.outcome !== 'accepted') return [];
    if (each.outcome === 'accepted' && !drawn.has(each)) return [];
    const { question, response, feedback } = each;
    const attempts = [
      { response, feedback },
      ...(each.outcome === 'corrected' ? [each.corrected] : []),
    ] as const;
    const final = each.outcome === 'corrected' ? each.corrected.response : response;
    const asked = { id: question.id, image: imageOf(question), question: question.question };
    return [{ ...asked, attempts, final, stop: 'accepted' }];
  });
  const errors = countErrors(corrected);
  return { trajectories, errors, counts: countsOf(judged, accepted.length - drawn.size) };
}

function countsOf(judged: readonly JudgedResponse[], beyondShare: number): OwnCounts {
  const count = (...outcomes: readonly JudgedResponse['outcome'][]): number =>
    judged.filter(({ outcome }) => outcomes.includes(outcome)).length;
  const leftOut = LEFT_OUT.flatMap((reason) => {
    const number = reason === 'beyond-share' ? beyondShare : count(reason);
    return number > 0 ? [[reason, number] as const] : [];
  });
  return {
    accepted: count('accepted'),
    refused: count('corrected', 'without-correction', 'correction-refused', 'correction-unsure'),
    corrected: count('corrected'),
    leftOut: Object.fromEntries(leftOut),
  };
}
