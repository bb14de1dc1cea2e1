import type { Critic, CritiqueRequest, Feedback } from '@fgam/data';
import { reviseFeedback } from '../feedback/format-feedback.js';
import { feedbackScore } from '../loop/feedback-score.js';

/**
 * The same feedback, with the verdict by a threshold: accepts if the critic holds the response right (`feedbackScore`) with at least this
 * probability. What is refused against the critic's own verdict has no correction (`reasoning : wrong`). Feedback without confidence stays.
 *
 * A threshold under 0.5 keeps unsure objections from breaking right responses; one above it asks for a second look at unsure acceptances.
 */
export function acceptByThreshold(feedback: Feedback, threshold: number, response: string): Feedback {
  const score = feedbackScore(feedback);
  if (score === undefined) return feedback;
  if (score >= threshold) return { verdict: 'accept', confidence: score };
  if (feedback.verdict === 'revise') return feedback;
  return { ...reviseFeedback([{ kind: 'reasoning', claim: response }], { response }), confidence: 1 - score };
}

/**
 * A critic whose verdicts follow a threshold (`acceptByThreshold`), or one for each request, such as those of `calibrateAcceptance` by the
 * form of the question.
 */
export function withAcceptThreshold(
  critic: Critic,
  threshold: number | ((request: CritiqueRequest) => number),
): Critic {
  const thresholdOf = typeof threshold === 'number' ? () => threshold : threshold;
  return {
    name: critic.name,
    async critique(requests, call) {
      const feedbacks = await critic.critique(requests, call);
      return feedbacks.map((feedback, i) => {
        const request = requests[i];
        return request === undefined
          ? feedback
          : acceptByThreshold(feedback, thresholdOf(request), request.response);
      });
    },
  };
}
