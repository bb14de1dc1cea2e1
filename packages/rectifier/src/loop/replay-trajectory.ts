import type { StopReason, Trajectory } from '@fgam/data';
import { rectifierError } from '../error.js';
import { chooseFinal } from './choose-final.js';
import type { RectifyEvent } from './rectify-options.js';
import { stopOfFeedback, stopOfResponse } from './request-state.js';

/**
 * The events that the loop emitted for a trajectory, in order, after checking that it is whole: its stop and
 * its final response are those that the loop's rules give for its attempts. One that is `degraded`, as the proxy keeps
 * it where a round failed, ends with its first response, and its stop comes after the rounds until then.
 *
 * @throws FgamError `rectifier/bad-trajectory` for a trajectory that the loop can't have made, or that an earlier
 * version made, which chose the final response otherwise
 * @example
 * ```ts
 * import { replayTrajectory } from '@fgam/rectifier';
 *
 * const events = replayTrajectory({
 *   id: '1', image: 'dog.png', question: 'is there a cat ?', final: 'no', stop: 'accepted',
 *   attempts: [{ response: 'no', feedback: { verdict: 'accept' } }],
 * });
 * if (events.map(({ type }) => type).join() !== 'response,feedback,stop') throw new Error();
 * ```
 */
export function replayTrajectory(trajectory: Trajectory): RectifyEvent[] {
  const { id, question, attempts, final, stop } = trajectory;
  const bad = (problem: string) =>
    rectifierError(
      'rectifier/bad-trajectory',
      `replayTrajectory: expected a trajectory of rectify, got ${problem} in ${JSON.stringify(id)}; rectify the question again`,
    );
  if (attempts.length === 0) throw bad('no attempt');
  const events: RectifyEvent[] = [];
  for (const [round, { response, decision, feedback }] of attempts.entries()) {
    const isLast = round === attempts.length - 1;
    events.push({ type: 'response', id, round, response });
    if (decision) {
      if (round === 0) throw bad('a decision on the first response');
      events.push({ type: 'decision', id, round, decision });
    }
    const early = stopOfResponse(attempts.slice(0, round + 1)) ?? (feedback && stopOfFeedback(feedback));
    if (!isLast && (early || !feedback)) throw bad(`an attempt after ${early ?? 'one without feedback'}`);
    if (isLast && !isPossible(stop, early, feedback !== undefined))
      throw bad(`stop ${stop} where ${early ?? 'no rule'} holds`);
    if (feedback) events.push({ type: 'feedback', id, round, feedback });
  }
  const chosen = stop === 'degraded' ? attempts[0]?.response : chooseFinal(attempts, question);
  if (chosen !== final) throw bad(`final response ${JSON.stringify(final)}`);
  return [...events, { type: 'stop', id, round: attempts.length - 1, stop, final, trajectory }];
}

function isPossible(stop: StopReason, early: StopReason | undefined, hasFeedback: boolean): boolean {
  if (early) return stop === early && (early === 'accepted') === hasFeedback;
  return stop === 'max-rounds' || stop === 'budget' || stop === 'degraded';
}
