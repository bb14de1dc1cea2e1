import type { Feedback } from '@fgam/data';

/**
 * The reward of a response by a critic's feedback: R = 1 - 2 wrong / claims, -1..1; 0 where nothing is claimed.
 *
 * `wrong` is the number of issues, at most `claims` (what a caption leaves out is an issue without a claim of
 * its own). Feedback that refuses without naming an issue counts one. Source: ours, for the paper's "scalar
 * reward based on the correctness".
 *
 * @param claims - what the response claims: `parseClaims(question, response).claims.length`
 * @example
 * ```ts
 * import { parseFeedback, reward } from '@fgam/rectifier';
 *
 * if (reward(parseFeedback('object : there is no red circle'), 4) !== 0.5) throw new Error('1 of 4 claims is wrong');
 * ```
 */
export function reward(feedback: Feedback, claims: number): number {
  if (claims === 0) return 0;
  if (feedback.verdict === 'accept') return 1;
  return 1 - (2 * Math.min(claims, Math.max(1, feedback.issues.length))) / claims;
}
