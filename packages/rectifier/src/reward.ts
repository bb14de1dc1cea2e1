import type { Feedback, Issue } from '@fgam/data';
import { isCaptionQuestion } from './claims/parse-question.js';
import { plainText } from './claims/noun-phrase.js';
import { parseClaims } from './claims/parse-claims.js';
import { foldSpace } from './feedback/format-feedback.js';
import { isAcceptance } from './loop/feedback-score.js';

/** A correction that says that something is not there, or no more of it. */
const NONE = /^there (?:is|are) no(?:ne|thing)?\b/i;
/** One that says of a claim that it holds, but not as often. */
const NO_FURTHER = /^there (?:is|are) no (?:further|more|other)\b/i;

/** What a response says, and what of it a critic finds wrong or missing. */
export interface ClaimCount {
  /** Distinct claims, spaces aside, and those said once too often: one said again is worth nothing more. */
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
 * Of a caption an issue that says of the whole that something is there ({@link isOmission}) is an omission. Of a clause
 * that is said several times, and named less often than said, the first mention holds, unless there is no such thing,
 * and as many others as are named are wrong; those that nobody names count for nothing. Issues whose claim is none of
 * the clauses count one wrong each, as far as there are claims.
 *
 * @example
 * ```ts
 * import { countClaims, parseFeedback } from '@fgam/rectifier';
 *
 * const response = 'a red circle at the top , a red circle at the top .';
 * const count = (text: string) => {
 *   const { claims, wrong, omitted } = countClaims('describe the image .', response, parseFeedback(text, { response }));
 *   return [claims, wrong, omitted].join();
 * };
 * const further = 'object : there is no further red circle , not a red circle at the top';
 * if (count(further) !== '2,1,0') throw new Error('once too often');
 * if (count('object : there is a blue square') !== '1,0,1') throw new Error('left out');
 * ```
 */
export function countClaims(question: string, response: string, feedback: Feedback): ClaimCount {
  return judgeClaims(question, response, feedback).count;
}

/** What a claim of a response earns, and where it ends. */
export interface ClaimReward {
  /** Characters of the response, as `plainText` has it, up to the claim's end. */
  readonly end: number;
  readonly reward: number;
}

/**
 * The reward of a response, claim by claim, with N = claims + omitted as {@link countClaims} has them:
 *
 *     r_i  = 1 / N where claim i holds, -1 / N where it does not
 *     rest = R - sum_i r_i
 *
 * The rest is that of omissions, -1 / N each, and of issues that are about none of the claims, -2 / N each.
 *
 * Source: ours; R is that of {@link reward}, and the parts only say where it is earned.
 *
 * @example
 * ```ts
 * import { claimRewards, parseFeedback } from '@fgam/rectifier';
 *
 * const response = 'a red circle at the top , a blue square at the left .';
 * const feedback = parseFeedback('relation : at the right , not a blue square at the left', { response });
 * const { claims, rest } = claimRewards('describe the image .', response, feedback);
 * if (claims.map(({ reward }) => reward).join() !== '0.5,-0.5' || rest !== 0) throw new Error('one of two holds');
 * if (response.slice(0, claims[0]?.end) !== 'a red circle at the top') throw new Error('its end');
 * ```
 */
export function claimRewards(
  question: string,
  response: string,
  feedback: Feedback,
): { readonly claims: readonly ClaimReward[]; readonly rest: number } {
  const { mentions, count } = judgeClaims(question, response, feedback);
  const whole = plainText(response);
  const worth = 1 / (count.claims + count.omitted);
  const claims: ClaimReward[] = [];
  let rest = reward(count);
  let end = 0;
  for (const { text, isRelation, holds } of mentions) {
    // A relation ends where the second of its objects does, which was found before it.
    const start = whole.indexOf(text, isRelation ? Math.max(0, end - text.length) : end);
    if (start < 0) continue;
    end = start + text.length;
    if (holds === undefined) continue;
    const earned = holds ? worth : -worth;
    claims.push({ end, reward: earned });
    rest -= earned;
  }
  return { claims, rest };
}

/** A claim, each time it is said. */
interface Mention {
  readonly text: string;
  readonly isRelation: boolean;
  /** Undefined for one that was said before, and counts for nothing. */
  holds: boolean | undefined;
}

/** What a critic's issues say of the claims of a response, in the order in which they are said. */
interface JudgedClaims {
  readonly mentions: readonly Mention[];
  /** `wrong` are those that do not hold, and as many again as issues are about none of them. */
  readonly count: ClaimCount;
}

function judgeClaims(question: string, response: string, feedback: Feedback): JudgedClaims {
  const mentions: Mention[] = [];
  for (const { text: words, about } of parseClaims(question, response).claims) {
    const text = foldSpace(words);
    const isFirst = mentions.every((mention) => mention.text !== text);
    mentions.push({ text, isRelation: about === 'relation', holds: isFirst || undefined });
  }
  if (feedback.verdict === 'accept' || isAcceptance(feedback)) {
    const claims = mentions.filter(({ holds }) => holds).length;
    return { mentions, count: { claims, wrong: 0, omitted: 0 } };
  }
  const { issues } = feedback;
  const { stray, omitted } = isCaptionQuestion(question)
    ? markClauses(mentions, issues, foldSpace(response))
    : { stray: markAnswer(mentions, issues), omitted: 0 };
  const counted = mentions.filter(({ holds }) => holds !== undefined);
  const marked = counted.filter(({ holds }) => holds === false).length;
  const wrong = Math.min(counted.length, marked + (issues.length === 0 ? 1 : stray));
  // Whatever the others are about, no claim is left that holds.
  if (wrong === counted.length) for (const mention of counted) mention.holds = false;
  return { mentions, count: { claims: counted.length, wrong, omitted } };
}

/** Marks the claims that issues are about; returns how many are about none, or about one that is marked. */
function markAnswer(mentions: readonly Mention[], issues: readonly Issue[]): number {
  let stray = 0;
  for (const issue of issues) {
    const claim = foldSpace(issue.claim);
    const mention = mentions.find(({ text, holds }) => text === claim && holds === true);
    if (mention === undefined) stray += 1;
    else mention.holds = false;
  }
  return stray;
}

/** As {@link markAnswer}, of a caption's clauses, and what it leaves out. */
function markClauses(
  mentions: readonly Mention[],
  issues: readonly Issue[],
  whole: string,
): { readonly stray: number; readonly omitted: number } {
  const about = new Map<string, Issue[]>();
  let [stray, omitted] = [0, 0];
  for (const issue of issues) {
    const claim = foldSpace(issue.claim);
    if (claim === whole && isOmission(issue)) omitted += 1;
    else about.set(claim, [...(about.get(claim) ?? []), issue]);
  }
  for (const [claim, own] of about) {
    const [first, ...again] = mentions.filter(({ text }) => text === claim);
    if (first === undefined) {
      stray += own.length;
      continue;
    }
    const isWrong = own.length > again.length || own.some(isDenial);
    if (isWrong) first.holds = false;
    for (const mention of again.slice(0, own.length - (isWrong ? 1 : 0))) mention.holds = false;
  }
  return { stray, omitted };
}

/** Whether an issue says that there is no such thing, so that each mention of it is wrong. */
function isDenial({ correction = '' }: Issue): boolean {
  return NONE.test(correction) && !NO_FURTHER.test(correction);
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
