import type { Attempt, Feedback } from '@fgam/data';
import { foldSpace } from '../feedback/format-feedback.js';

/**
 * How right a critic holds a response, 0..1: its confidence in an acceptance, or 1 minus its confidence in a
 * refusal; undefined where it gives none.
 */
export function feedbackScore(feedback: Feedback | undefined): number | undefined {
  if (feedback?.confidence === undefined) return undefined;
  return feedback.verdict === 'accept' ? feedback.confidence : 1 - feedback.confidence;
}

/** True for an acceptance, and for a refusal that says nothing (the paper: feedback is empty). */
export function isAcceptance(feedback: Feedback): boolean {
  return feedback.verdict === 'accept' || (feedback.issues.length === 0 && feedback.text.trim() === '');
}

/**
 * The response to return: the last that no decide step held worse than the one before it, unless its own
 * critic scores it below the first; then the best scored one, the earliest of equals.
 *
 * A response without a score of its own has that of an equal earlier response (white space aside). Where the
 * first or the last has none (no confidence from the critic, a budget ran out, or the last round is not
 * checked), nothing is known to be worse, and the last is returned.
 */
export function chooseFinal(all: readonly Attempt[]): string {
  const attempts = all.filter(({ decision }) => decision !== 'worse');
  const scores = new Map<string, number>();
  for (const { response, feedback } of attempts) {
    const score = feedbackScore(feedback);
    if (score !== undefined && !scores.has(foldSpace(response))) scores.set(foldSpace(response), score);
  }
  const last = (attempts.at(-1) as Attempt).response;
  const [first, final] = [attempts[0]?.response ?? '', last].map((response) =>
    scores.get(foldSpace(response)),
  );
  if (first === undefined || final === undefined || final >= first) return last;
  const best = Math.max(...scores.values());
  return attempts.find(({ response }) => scores.get(foldSpace(response)) === best)?.response ?? last;
}
