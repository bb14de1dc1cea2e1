import type { Critic, CritiqueRequest, Feedback } from '@fgam/data';
import { reviseFeedback } from '../feedback/format-feedback.js';
import { feedbackScore, isAcceptance } from '../loop/feedback-score.js';

/**
 * The same feedback, with the verdict by a threshold: accepts if the critic holds the response right
 * (`feedbackScore`) with at least this probability. What is refused against the critic's own verdict has no
 * correction (`reasoning : wrong`). Feedback without confidence stays.
 *
 * A threshold under 0.5 keeps unsure objections from breaking right responses; one above it asks for a second
 * look at unsure acceptances.
 *
 * @example
 * ```ts
 * import { acceptByThreshold, parseFeedback } from '@fgam/rectifier';
 *
 * // An unsure objection: the response is right with 1 - 0.6.
 * const unsure = { ...parseFeedback('object : there is no cat', { response: 'yes' }), confidence: 0.6 };
 * const accepted = acceptByThreshold(unsure, 0.3, 'yes');
 * if (accepted.verdict !== 'accept' || accepted.confidence !== 0.4) throw new Error('0.4 is enough');
 * if (acceptByThreshold(unsure, 0.5, 'yes') !== unsure) throw new Error('0.4 is too little');
 * const refused = acceptByThreshold({ verdict: 'accept', confidence: 0.7 }, 0.8, 'yes');
 * if (refused.verdict !== 'revise' || refused.text !== 'reasoning : wrong') throw new Error('0.7 is too little');
 * ```
 */
export function acceptByThreshold(feedback: Feedback, threshold: number, response: string): Feedback {
  const score = feedbackScore(feedback);
  if (score === undefined) return feedback;
  if (score >= threshold) return { verdict: 'accept', confidence: score };
  if (feedback.verdict === 'revise') return feedback;
  return { ...reviseFeedback([{ kind: 'reasoning', claim: response }], { response }), confidence: 1 - score };
}

/**
 * A critic whose verdicts follow a threshold (`acceptByThreshold`), such as one from `calibrateThreshold`.
 *
 * @example
 * ```ts
 * import type { Critic } from '@fgam/data';
 * import { withAcceptThreshold } from '@fgam/rectifier';
 *
 * const lenient: Critic = {
 *   name: 'lenient',
 *   critique: async (requests) =>
 *     requests.map(({ response }) => ({ verdict: 'accept', confidence: Number(response) })),
 * };
 * const strict = withAcceptThreshold(lenient, 0.5);
 * const ask = (response: string) => ({ image: '1.png', question: 'how sure ?', response });
 * const feedbacks = await strict.critique([ask('0.4'), ask('0.5')]);
 * const verdicts = feedbacks.map(({ verdict }) => verdict).join();
 * if (verdicts !== 'revise,accept' || strict.name !== 'lenient') throw new Error(verdicts);
 * ```
 */
export function withAcceptThreshold(critic: Critic, threshold: number): Critic {
  return mapFeedback(critic, (feedback, { response }) => acceptByThreshold(feedback, threshold, response));
}

/** How right a critic holds a response that it refuses without saying how surely. */
const UNDECIDED = 0.5;

/**
 * A critic whose refusals stand only where it holds the response right with less than a probability, one for
 * each request, such as those of `calibrateRefusals` by the form of the question. A refusal that does not
 * stand becomes an acceptance; acceptances stay as they are.
 *
 * @example
 * ```ts
 * import type { Critic } from '@fgam/data';
 * import { parseFeedback, withRefusalThreshold } from '@fgam/rectifier';
 *
 * // Refuses all, and holds each response right with 0.4.
 * const unsure: Critic = {
 *   name: 'unsure',
 *   critique: async (requests) =>
 *     requests.map(({ response }) => ({
 *       ...parseFeedback('reasoning : wrong', { response }),
 *       confidence: 0.6,
 *     })),
 * };
 * const isCount = (question: string) => question.startsWith('how many');
 * const critic = withRefusalThreshold(unsure, ({ question }) => (isCount(question) ? 0.5 : 0.3));
 * const ask = (question: string) => ({ image: '1.png', question, response: '2' });
 * const [count, other] = await critic.critique([ask('how many cats ?'), ask('what is it ?')]);
 * if (count?.verdict !== 'revise') throw new Error('0.4 is below 0.5: the refusal stands');
 * if (other?.verdict !== 'accept' || other.confidence !== 0.4) throw new Error('0.4 is not below 0.3');
 * ```
 */
export function withRefusalThreshold(
  critic: Critic,
  thresholdOf: (request: CritiqueRequest) => number,
): Critic {
  return mapFeedback(critic, (feedback, request) => {
    const score = refusalScore(feedback);
    return score === undefined || score < thresholdOf(request)
      ? feedback
      : { verdict: 'accept', confidence: score };
  });
}

/**
 * How right a critic holds a response that it refuses, 0..1 (0.5 where it does not say);
 * undefined for an acceptance.
 *
 * @example
 * ```ts
 * import { parseFeedback, refusalScore } from '@fgam/rectifier';
 *
 * const refusal = parseFeedback('object : there is no cat');
 * if (refusalScore({ ...refusal, confidence: 0.75 }) !== 0.25) throw new Error('1 - 0.75');
 * if (refusalScore(refusal) !== 0.5) throw new Error('it does not say how surely');
 * if (refusalScore({ verdict: 'accept', confidence: 0.75 }) !== undefined) throw new Error('no refusal');
 * ```
 */
export function refusalScore(feedback: Feedback): number | undefined {
  return isAcceptance(feedback) ? undefined : (feedbackScore(feedback) ?? UNDECIDED);
}

function mapFeedback(
  critic: Critic,
  change: (feedback: Feedback, request: CritiqueRequest) => Feedback,
): Critic {
  return {
    name: critic.name,
    readsContext: critic.readsContext,
    async critique(requests, call) {
      const feedbacks = await critic.critique(requests, call);
      return feedbacks.map((feedback, i) => {
        const request = requests[i];
        return request === undefined ? feedback : change(feedback, request);
      });
    },
  };
}
