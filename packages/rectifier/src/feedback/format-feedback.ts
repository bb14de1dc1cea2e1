import type { Feedback, Issue } from '@fgam/data';
import { ACCEPT_TEXT, UNKNOWN_CORRECTION } from './feedback-grammar.js';

/** Options of `formatFeedback`. */
export interface FormatFeedbackOptions {
  /**
   * The response that the feedback is about. A claim equal to it is left out: it stands before the
   * feedback in every prompt.
   */
  readonly response?: string;
}

/**
 * Feedback as text: `no further corrections needed`, or issues joined by ` ; `, each
 *
 *     KIND : CORRECTION                   the claim is the whole response, or empty
 *     KIND : CORRECTION , not CLAIM
 *     KIND : not CLAIM                    no correction is known
 *     KIND : wrong                        neither
 *
 * White space is folded. `;`, `\`, `, not`, and a leading `not` or lone `wrong` inside claims and corrections
 * are escaped by a backslash, so that `parseFeedback` gives back the same issues (evidence and confidence are
 * not in the text). Feedback without issues is its own text.
 *
 * @example
 * ```ts
 * import { formatFeedback } from '@fgam/rectifier';
 *
 * const issue = { kind: 'attribute', claim: 'a red cat', correction: 'a black cat' } as const;
 * const text = formatFeedback({ verdict: 'revise', issues: [issue], text: '' });
 * if (text !== 'attribute : a black cat , not a red cat') throw new Error(text);
 * ```
 */
export function formatFeedback(feedback: Feedback, options: FormatFeedbackOptions = {}): string {
  if (feedback.verdict === 'accept') return ACCEPT_TEXT;
  if (feedback.issues.length === 0) return foldSpace(feedback.text);
  const response = foldSpace(options.response ?? '');
  return feedback.issues.map((issue) => formatIssue(issue, response)).join(' ; ');
}

/** A request for revision, with its issues as text. */
export function reviseFeedback(
  issues: readonly Issue[],
  options: FormatFeedbackOptions = {},
): Feedback & { verdict: 'revise' } {
  const feedback = { verdict: 'revise', issues, text: '' } as const;
  return { ...feedback, text: formatFeedback(feedback, options) };
}

/**
 * White space folded to single blanks, none at the ends: the loop takes two responses that differ
 * in nothing else for one.
 *
 * @example
 * ```ts
 * import { foldSpace } from '@fgam/rectifier';
 *
 * if (foldSpace(' a red\n circle ') !== 'a red circle') throw new Error();
 * ```
 */
export function foldSpace(text: string): string {
  return text.replaceAll('\0', '').trim().split(/\s+/).join(' ');
}

function formatIssue(issue: Issue, response: string): string {
  const claim = foldSpace(issue.claim);
  const correction = foldSpace(issue.correction ?? '');
  const isWhole = claim === '' || claim === response;
  const body = [
    correction === '' ? '' : escapePart(correction),
    isWhole ? '' : `${correction === '' ? '' : ', '}not ${escapePart(claim)}`,
  ].filter(Boolean);
  return `${issue.kind} : ${body.join(' ') || UNKNOWN_CORRECTION}`;
}

function escapePart(text: string): string {
  const escaped = text
    .replace(/[\\;]/g, '\\$&')
    .replace(/,(?=\s*not(?:\s|$))/gi, '\\,')
    .replace(/^not(?=\s|$)/i, '\\$&');
  return escaped === UNKNOWN_CORRECTION ? `\\${escaped}` : escaped;
}
