import type { Feedback, Issue } from '@fgam/data';
import { isCaptionQuestion } from './claims/parse-question.js';
import { parseClaims } from './claims/parse-claims.js';
import { foldSpace } from './feedback/format-feedback.js';
import { isAcceptance } from './loop/feedback-score.js';

/** A correction that says that something is not there, or no more of it. */
const NONE = /^there (?:is|are) no(?:ne|thing)?\b/i;

/** What a response says, and what of it a critic finds wrong or missing. */
export interface ClaimCount {
  /** Distinct claims, spaces aside: one said again is worth nothing more. */
  readonly claims: number;
  /** Of them those that do not hold. */
  readonly wrong: number;
  /** Things that a caption leaves out. */
  readonly omitted: number;
}

/**
 * The reward of a response:
 *
 *     R = 1 - 2 (wrong + omitted) / (claims + omitted)
 *
 * -1..1; 0 where nothing is claimed and nothing found missing. Without omissions R = 1 - 2 wrong / claims; with them
 * (1 + R) / 2 is the share of right claims among what is said or left out (what is said wrongly counts once), so that
 * saying little is worth little.
 * Source: ours, for the paper's "scalar reward based on the correctness".
 *
 * @example
 * ```ts
 * import { reward } from '@fgam/rectifier';
 *
 * if (reward({ claims: 4, wrong: 1, omitted: 0 }) !== 0.5) throw new Error('1 of 4 claims is wrong');
 * if (reward({ claims: 1, wrong: 0, omitted: 1 }) !== 0) throw new Error('1 of 2 things is said');
 * ```
 */
export function reward({ claims, wrong, omitted }: ClaimCount): number {
  return claims + omitted === 0 ? 0 : 1 - (2 * (wrong + omitted)) / (claims + omitted);
}

/**
 * Counts for {@link reward}, by a critic's feedback. Feedback that refuses without naming an issue counts one as wrong.
 *
 * Of a caption an issue that says of the whole that something is there ({@link isOmission}) is an omission. A clause
 * that is said several times, and named less often than said, holds: what its other mentions should have said is left
 * out, unless there is no more of it. Issues whose claim is none of the clauses count one wrong each, as far as there
 * are claims.
 *
 * @example
 * ```ts
 * import { countClaims, parseFeedback } from '@fgam/rectifier';
 *
 * const response = 'a red circle at the top , a red circle at the top .';
 * const feedback = parseFeedback('object : there is a blue square', { response });
 * const { claims, wrong, omitted } = countClaims('describe the image .', response, feedback);
 * if (claims !== 1 || wrong !== 0 || omitted !== 1) throw new Error(`${claims} ${wrong} ${omitted}`);
 * ```
 */
export function countClaims(question: string, response: string, feedback: Feedback): ClaimCount {
  const said = parseClaims(question, response).claims.map(({ text }) => foldSpace(text));
  const claims = new Set(said).size;
  if (feedback.verdict === 'accept' || isAcceptance(feedback)) return { claims, wrong: 0, omitted: 0 };
  const { issues } = feedback;
  const atMost = (wrong: number): number => Math.min(claims, wrong);
  if (issues.length === 0 || !isCaptionQuestion(question))
    return { claims, wrong: atMost(Math.max(1, issues.length)), omitted: 0 };
  const whole = foldSpace(response);
  const times = new Map<string, number>();
  for (const text of said) times.set(text, (times.get(text) ?? 0) + 1);
  const about = new Map<string, Issue[]>();
  let [wrong, omitted] = [0, 0];
  for (const issue of issues) {
    const claim = foldSpace(issue.claim);
    if (claim === whole && isOmission(issue)) {
      omitted += 1;
      continue;
    }
    const own = about.get(claim);
    if (own === undefined) about.set(claim, [issue]);
    else own.push(issue);
  }
  for (const [claim, own] of about) {
    const count = times.get(claim) ?? 0;
    // What is said again beyond what there is leaves nothing out.
    if (own.length < count)
      omitted += own.filter(({ correction }) => correction !== undefined && !NONE.test(correction)).length;
    else wrong += count === 0 ? own.length : 1;
  }
  return { claims, wrong: atMost(wrong), omitted };
}

/**
 * Whether an issue says of a caption that something is there which it does not name.
 *
 * @example
 * ```ts
 * import { isOmission } from '@fgam/rectifier';
 *
 * const issue = { kind: 'object', claim: 'a dog .' } as const;
 * if (!isOmission({ ...issue, correction: 'there is a cat' })) throw new Error('left out');
 * if (isOmission({ ...issue, correction: 'there is no dog' })) throw new Error('said, and wrong');
 * ```
 */
export function isOmission({ kind, correction = '' }: Issue): boolean {
  return kind === 'object' && /^there (?:is|are) /i.test(correction) && !NONE.test(correction);
}
