import type { IssueKind } from '@fgam/data';

/** What a critic says when nothing is wrong (the paper's section 3.3.3, in lower case). */
export const ACCEPT_TEXT = 'no further corrections needed';

/** The kinds of issues, as they begin an issue's text. */
export const ISSUE_KINDS = [
  'object',
  'attribute',
  'relation',
  'count',
  'reasoning',
] as const satisfies readonly IssueKind[];

/** Stands for a correction that is not known, where the claim is the whole response. */
export const UNKNOWN_CORRECTION = 'wrong';

const WORD = String.raw`(?:[^\s\\;\0\uFFFD]|\\[^\s\0\uFFFD])+`;
const ISSUE = `(?:${ISSUE_KINDS.join('|')}) : ${WORD}(?: ${WORD})*`;

/** The texts of {@link FEEDBACK_PATTERN} that are no acceptance. */
export const ISSUES_PATTERN = `${ISSUE}(?: ; ${ISSUE})*`;

/**
 * The texts of `formatFeedback`, as the `pattern` that a generator keeps to: each is read by `parseFeedback`
 * without a fault, and what was read is written and read again as the same. U+FFFD, which stands for what
 * could not be read, is not in them.
 */
export const FEEDBACK_PATTERN = `${ACCEPT_TEXT}|${ISSUES_PATTERN}`;

/**
 * Words of feedback that scenes' questions and answers do not have: what a tokenizer for them must
 * know besides `sceneWords()`.
 *
 * Sorted, each once.
 *
 * @example
 * ```ts
 * import { sceneWords } from '@fgam/data';
 * import { feedbackWords } from '@fgam/rectifier';
 *
 * const known = new Set([...sceneWords(), ...feedbackWords()]);
 * const feedback = 'object : there is a red circle , not a blue square ; count : wrong';
 * const unknown = feedback.split(' ').filter((word) => !known.has(word));
 * if (unknown.length > 0) throw new Error(unknown.join());
 * // 4 of an acceptance, 5 kinds, 3 marks, `not` and `wrong`.
 * if (feedbackWords().length !== 14) throw new Error(feedbackWords().join());
 * ```
 */
export function feedbackWords(): string[] {
  const text = [ACCEPT_TEXT, ...ISSUE_KINDS, UNKNOWN_CORRECTION, ': ; , not'];
  return [...new Set(text.join(' ').split(' '))].sort();
}
