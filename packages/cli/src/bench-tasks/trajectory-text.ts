import type { Feedback, Trajectory } from '@fgam/data';
import { formatFeedback } from '@fgam/rectifier';

/** A trajectory for people: each round's response and feedback, then how it ended. */
export function trajectoryText({ attempts, final, stop }: Trajectory): string {
  const rounds = attempts.flatMap(({ response, feedback }, round) => [
    `round ${round}   response  ${response}`,
    ...(feedback ? [`          feedback  ${feedbackText(feedback, response)}`] : []),
  ]);
  return [...rounds, `final     ${final} (${stop})`].join('\n');
}

function feedbackText(feedback: Feedback, response: string): string {
  const { confidence } = feedback;
  const surely = confidence === undefined ? '' : ` (confidence ${confidence.toFixed(2)})`;
  return `${formatFeedback(feedback, { response })}${surely}`;
}
