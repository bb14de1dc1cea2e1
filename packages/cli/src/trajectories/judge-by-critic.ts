import type { Critic, Feedback } from '@fgam/data';
import { callPort, correctedAnswer, feedbackScore, foldSpace, isAcceptance, isBlank } from '@fgam/rectifier';
import { imageOf } from '../answer-questions.js';
import type { SceneData } from '../scene-data.js';
import type { JudgedResponse, LeftOutReason } from './judged-response.js';
import type { OwnResponse } from './own-response.js';

/** Responses that are judged together, and then their corrections: those of one image are mostly among them. */
const CALL = 256;
/** An acceptance that is no surer was not read by the critic, or is a refusal that a threshold lets fall. */
const CHANCE = 0.5;

/** Options of {@link judgeByCritic}. */
export interface JudgeByCriticOptions {
  readonly critic: Critic;
  readonly data: SceneData;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number) => void;
}

/** Feedback to responses: first ones in round 0, corrections in round 1. */
type Critique = (asked: readonly OwnResponse[], round: number) => Promise<readonly Feedback[]>;

/**
 * Judges responses by a critic, and corrects those that it refuses by what its feedback says (`correctedAnswer`),
 * where it then accepts what comes of that.
 *
 * @throws PortError as the loop does (`callPort`), with the questions' ids: responses are of round 0, corrections of 1;
 * the signal's reason
 */
export async function judgeByCritic(
  responses: readonly OwnResponse[],
  { critic, data, signal, onProgress }: JudgeByCriticOptions,
): Promise<JudgedResponse[]> {
  const critique: Critique = (asked, round) => {
    const requests = asked.map(({ question, response }) => ({
      image: imageOf(data, question),
      question: question.question,
      response,
    }));
    const ids = asked.map(({ question }) => question.id);
    const { name } = critic;
    return callPort(
      { port: 'critic', name, round, requests: ids, signal, caller: 'fgam data trajectories' },
      () => critic.critique(requests, { signal }),
    );
  };
  const judged: JudgedResponse[] = [];
  for (let start = 0; start < responses.length; start += CALL) {
    const part = responses.slice(start, start + CALL);
    judged.push(...(await judgePart(part, critique)));
    onProgress(judged.length);
  }
  return judged;
}

async function judgePart(responses: readonly OwnResponse[], critique: Critique): Promise<JudgedResponse[]> {
  const said = responses.filter(({ response }) => !isBlank(response));
  const feedbackOf = new Map(zip(said, await critique(said, 0)));
  const refused = said.flatMap((own) => {
    const feedback = feedbackOf.get(own);
    if (feedback === undefined || isAcceptance(feedback)) return [];
    const { question, response } = own;
    const corrected = correctedAnswer({ question: question.question, response, feedback });
    const isChanged = !isBlank(corrected) && foldSpace(corrected) !== foldSpace(response);
    return isChanged ? [{ own, correction: { question, response: corrected } }] : [];
  });
  const verdicts = await critique(
    refused.map(({ correction }) => correction),
    1,
  );
  const correctionOf = new Map(
    zip(refused, verdicts).map(([{ own, correction }, verdict]) => [
      own,
      { response: correction.response, feedback: verdict },
    ]),
  );
  return responses.map((own): JudgedResponse => {
    const feedback = feedbackOf.get(own);
    if (feedback === undefined) return { ...own, outcome: 'blank' };
    if (isAcceptance(feedback))
      return isSure(feedback) ? { ...own, outcome: 'accepted', feedback } : { ...own, outcome: 'unsure' };
    const corrected = correctionOf.get(own);
    if (corrected === undefined) return { ...own, outcome: 'without-correction' };
    const fault = faultOf(corrected.feedback);
    return fault === undefined
      ? { ...own, outcome: 'corrected', feedback, corrected }
      : { ...own, outcome: fault };
  });
}

/** Why a correction is not taken for right. */
function faultOf(verdict: Feedback): LeftOutReason | undefined {
  if (!isAcceptance(verdict)) return 'correction-refused';
  return isSure(verdict) ? undefined : 'correction-unsure';
}

function isSure(acceptance: Feedback): boolean {
  const score = feedbackScore(acceptance);
  return score === undefined || score > CHANCE;
}

function zip<A, B>(first: readonly A[], second: readonly B[]): [A, B][] {
  return first.map((each, i) => [each, second[i] as B]);
}
