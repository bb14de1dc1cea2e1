import type { Feedback } from '@fgam/data';
import { isCaptionQuestion } from '../claims/parse-question.js';
import { type Ontology, SCENE_ONTOLOGY } from '../claims/ontology.js';
import { correctedResponse } from '../feedback/corrected-response.js';
import { formatFeedback } from '../feedback/format-feedback.js';
import { isAcceptance } from '../loop/feedback-score.js';
import { answerOfCorrection } from './stated-answer.js';

/** What {@link correctedAnswer} takes. */
export interface CorrectedAnswerOptions {
  readonly question: string;
  readonly response: string;
  /** On that response. */
  readonly feedback: Feedback;
  /** Default {@link SCENE_ONTOLOGY}. */
  readonly ontology?: Ontology;
}

/**
 * What a response becomes by what feedback says, without a look at the image: of a short question the answer that
 * all corrections state (`no` of `there is no red circle`), with a capital where the response has one; of any other,
 * and where they state none, the response with the corrections in the places of its claims (`correctedResponse`).
 *
 * @returns the response itself where the feedback accepts it, or has no correction that can be put in place
 * @example
 * ```ts
 * import { correctedAnswer, parseFeedback } from '@fgam/rectifier';
 *
 * const correct = (question: string, response: string, text: string) =>
 *   correctedAnswer({ question, response, feedback: parseFeedback(text, { response }) });
 * const answer = correct('is there a red circle ?', 'yes', 'object : there is no red circle');
 * if (answer !== 'no') throw new Error(answer);
 * const caption = correct('describe the image .', 'a black cat , a dog .', 'attribute : a red cat , not a black cat');
 * if (caption !== 'a red cat , a dog .') throw new Error(caption);
 * ```
 */
export function correctedAnswer({
  question,
  response,
  feedback,
  ontology = SCENE_ONTOLOGY,
}: CorrectedAnswerOptions): string {
  if (feedback.verdict === 'accept' || isAcceptance(feedback)) return response;
  const stated = feedback.issues.map(
    ({ correction }) => correction && answerOfCorrection(question, correction, ontology),
  );
  const [answer] = stated;
  if (answer && stated.every((each) => each === answer))
    return /^\p{Lu}/u.test(response) ? answer.charAt(0).toUpperCase() + answer.slice(1) : answer;
  return correctedResponse({
    ...{ response, feedback: formatFeedback(feedback, { response }) },
    ...(isCaptionQuestion(question) ? { isList: true } : {}),
  });
}
