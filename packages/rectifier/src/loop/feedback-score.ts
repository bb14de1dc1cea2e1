import type { Attempt, Feedback } from '@fgam/data';
import { rectifierError } from '../error.js';
import { foldSpace } from '../feedback/format-feedback.js';
import { isBlank } from './is-blank.js';
import { saysNoCorrections } from '../feedback/says-no-corrections.js';

/**
 * How right a critic holds a response, 0..1: its confidence in an acceptance (`isAcceptance`), or 1 minus its
 * confidence in a refusal; undefined where it gives none.
 *
 * @example
 * ```ts
 * import { feedbackScore, parseFeedback } from '@fgam/rectifier';
 *
 * const refusal = parseFeedback('object : there is no cat');
 * if (feedbackScore({ verdict: 'accept', confidence: 0.8 }) !== 0.8) throw new Error('of an acceptance');
 * if (feedbackScore({ ...refusal, confidence: 0.75 }) !== 0.25) throw new Error('of a refusal');
 * if (feedbackScore(refusal) !== undefined) throw new Error('it does not say');
 * ```
 */
export function feedbackScore(feedback: Feedback | undefined): number | undefined {
  if (feedback?.confidence === undefined) return undefined;
  return isAcceptance(feedback) ? feedback.confidence : 1 - feedback.confidence;
}

/**
 * True for an acceptance, and for a refusal that says nothing (the paper: feedback is empty), or in the paper's
 * words that there is nothing to correct (`No further corrections needed`).
 *
 * @example
 * ```ts
 * import { isAcceptance } from '@fgam/rectifier';
 *
 * if (!isAcceptance({ verdict: 'accept' })) throw new Error('an acceptance');
 * if (!isAcceptance({ verdict: 'revise', issues: [], text: ' ' })) throw new Error('nothing is said');
 * const nothing = 'No further corrections needed.';
 * if (!isAcceptance({ verdict: 'revise', issues: [], text: nothing })) throw new Error('nothing to correct');
 * if (isAcceptance({ verdict: 'revise', issues: [], text: 'look again' })) throw new Error('something is said');
 * ```
 */
export function isAcceptance(feedback: Feedback): boolean {
  if (feedback.verdict === 'accept') return true;
  const { issues, text } = feedback;
  return issues.length === 0 && (text.trim() === '' || saysNoCorrections(text));
}

/**
 * The response to return: the last that no decide step held worse than the one before it, unless its own
 * critic refuses it and scores it below the first; then the best scored one, the earliest of equals.
 *
 * A response that is accepted is returned whatever the scores: confidences in two verdicts need not be of one
 * scale (a trained module's in a refusal is of the sentence that it wrote), and what was refused is not better.
 *
 * Blank responses (white space alone) are passed over where another is not blank, whatever was said of them.
 *
 * A response without a score of its own has that of an equal earlier response (white space aside). Where the
 * first or the last has none (no confidence from the critic, a budget ran out, or the last round is not
 * checked), nothing is known to be worse, and the last is returned.
 *
 * @param all - the attempts of a trajectory, in their order; at least one
 * @throws FgamError `rectifier/bad-trajectory` without an attempt to choose
 * @example
 * ```ts
 * import { chooseFinal, parseFeedback } from '@fgam/rectifier';
 *
 * const refused = (response: string, score: number) => ({
 *   response,
 *   feedback: { ...parseFeedback('object : there is no cat'), confidence: 1 - score },
 * });
 * // The last scores below the first: of all the best is taken.
 * const best = chooseFinal([refused('a cat', 0.3), refused('a dog', 0.4), refused('a hat', 0.2)]);
 * if (best !== 'a dog') throw new Error(best);
 * // Not below the first: the last is taken, though another was better.
 * const last = chooseFinal([refused('a cat', 0.3), refused('a dog', 0.4), refused('a hat', 0.3)]);
 * if (last !== 'a hat') throw new Error(last);
 * ```
 */
export function chooseFinal(all: readonly Attempt[]): string {
  const kept = all.filter(({ decision }) => decision !== 'worse');
  const said = kept.filter(({ response }) => !isBlank(response));
  const attempts = said.length > 0 ? said : kept;
  const scores = new Map<string, number>();
  for (const { response, feedback } of attempts) {
    const score = feedbackScore(feedback);
    if (score !== undefined && !scores.has(foldSpace(response))) scores.set(foldSpace(response), score);
  }
  const [firstResponse, last] = [attempts[0]?.response, attempts.at(-1)?.response];
  if (firstResponse === undefined || last === undefined)
    throw rectifierError(
      'rectifier/bad-trajectory',
      `chooseFinal: expected an attempt that no decide step holds worse, got ${all.length} attempts without one`,
    );
  const { feedback: verdict } = attempts.at(-1) ?? {};
  if (verdict !== undefined && isAcceptance(verdict)) return last;
  const [first, final] = [firstResponse, last].map((response) => scores.get(foldSpace(response)));
  if (first === undefined || final === undefined || final >= first) return last;
  const best = Math.max(...scores.values());
  return attempts.find(({ response }) => scores.get(foldSpace(response)) === best)?.response ?? last;
}
