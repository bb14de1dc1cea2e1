import type { Feedback, Issue } from '@fgam/data';
import { isCaptionQuestion } from './claims/parse-question.js';
import { parseClaims } from './claims/parse-claims.js';
import { foldSpace } from './feedback/format-feedback.js';

/**
 * The reward of a response by a critic's feedback:
 *
 *     R = 1 - 2 (wrong + omitted) / (claims + omitted)
 *
 * -1..1; 0 where nothing is claimed and nothing found missing. `wrong` is the number of issues about claims, at most
 * `claims`. Feedback that refuses without naming an issue counts one. Without omissions R = 1 - 2 wrong / claims; with
 * them (1 + R) / 2 is the Jaccard index of what is said and what there is to say, so that saying little is worth
 * little. Source: ours, for the paper's "scalar reward based on the correctness".
 *
 * @param claims - distinct claims of the response ({@link countClaims}): one said again is worth nothing more
 * @param omitted - issues that are no claim's, but of what a caption leaves out ({@link countClaims}). Default 0
 * @example
 * ```ts
 * import { parseFeedback, reward } from '@fgam/rectifier';
 *
 * if (reward(parseFeedback('object : there is no red circle'), 4) !== 0.5) throw new Error('1 of 4 claims is wrong');
 * // One right claim of two things that are there.
 * if (reward(parseFeedback('object : there is a dog'), 1, 1) !== 0) throw new Error('1 of 2 is said');
 * ```
 */
export function reward(feedback: Feedback, claims: number, omitted = 0): number {
  if (claims + omitted === 0) return 0;
  if (feedback.verdict === 'accept') return 1;
  const about = Math.max(omitted > 0 ? 0 : 1, feedback.issues.length - omitted);
  return 1 - (2 * (Math.min(claims, about) + omitted)) / (claims + omitted);
}

/** What a response says, and what feedback finds missing in it. */
export interface ClaimCount {
  /** Distinct, spaces aside. */
  readonly claims: number;
  /** Issues that say of a caption as a whole that something is there. */
  readonly omitted: number;
}

/**
 * Counts for {@link reward}: what a response claims, each claim once, and what feedback says that a caption leaves
 * out: issues whose claim is the whole caption and whose correction says that something is there.
 *
 * @example
 * ```ts
 * import { countClaims, parseFeedback } from '@fgam/rectifier';
 *
 * const response = 'a red circle at the top , a red circle at the top .';
 * const feedback = parseFeedback('object : there is a blue square', { response });
 * const { claims, omitted } = countClaims('describe the image .', response, feedback);
 * if (claims !== 1 || omitted !== 1) throw new Error(`${claims} ${omitted}`);
 * ```
 */
export function countClaims(question: string, response: string, feedback: Feedback): ClaimCount {
  const { claims } = parseClaims(question, response);
  const distinct = new Set(claims.map(({ text }) => foldSpace(text))).size;
  if (feedback.verdict === 'accept' || !isCaptionQuestion(question)) return { claims: distinct, omitted: 0 };
  const whole = foldSpace(response);
  const isOmission = ({ claim, correction = '' }: Issue): boolean =>
    foldSpace(claim) === whole && saysExistence(correction);
  return { claims: distinct, omitted: feedback.issues.filter(isOmission).length };
}

/** `there is a red circle`, not `there is no red circle`. */
function saysExistence(correction: string): boolean {
  return /^there (?:is|are) (?!no )/.test(correction);
}
