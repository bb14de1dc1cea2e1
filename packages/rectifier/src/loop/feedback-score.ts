import type { Feedback } from '@fgam/data';
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
