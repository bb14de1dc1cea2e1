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
 */
export function acceptByThreshold(feedback: Feedback, threshold: number, response: string): Feedback {
  const score = feedbackScore(feedback);
  if (score === undefined) return feedback;
  if (score >= threshold) return { verdict: 'accept', confidence: score };
  if (feedback.verdict === 'revise') return feedback;
  return { ...reviseFeedback([{ kind: 'reasoning', claim: response }], { response }), confidence: 1 - score };
}

/** A critic whose verdicts follow a threshold (`acceptByThreshold`), such as one from `calibrateThreshold`. */
export function withAcceptThreshold(critic: Critic, threshold: number): Critic {
  return mapFeedback(critic, (feedback, { response }) => acceptByThreshold(feedback, threshold, response));
}

/** How right a critic holds a response that it refuses without saying how surely. */
const UNDECIDED = 0.5;

/**
 * A critic whose refusals stand only where it holds the response right with less than a probability, one for
 * each request, such as those of `calibrateRefusals` by the form of the question. A refusal that does not
 * stand becomes an acceptance; acceptances stay as they are.
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
