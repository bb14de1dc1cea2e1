import type { Feedback, Issue, IssueKind } from '@fgam/data';
import { ISSUE_KINDS, UNKNOWN_CORRECTION } from './feedback-grammar.js';
import { foldSpace, reviseFeedback } from './format-feedback.js';
import { saysNoCorrections } from './says-no-corrections.js';

/** Options of `parseFeedback`. */
export interface ParseFeedbackOptions {
  /** The response that the feedback is about: the claim of issues that name none. */
  readonly response?: string;
  /** Called for each part of the text that is not in the grammar, with what was made of it. */
  readonly onFault?: (fault: string) => void;
}

const ISSUE = new RegExp(`^(${ISSUE_KINDS.join('|')})\\s*:\\s*(.*)$`, 'is');
/** Marks the next character as escaped; it occurs in no folded text. */
const MARK = '\0';

/**
 * Text to feedback: the inverse of `formatFeedback`, and tolerant of free text.
 *
 * Empty text is an acceptance, and so is one that says `no further corrections needed` (any case, also with
 * `are`, in quotation marks or Markdown) and beside it nothing but agreement of a closed list, such as
 * `looks right` (`saysNoCorrections`). Any other text is a revision; a part that is not in the grammar
 * becomes an issue of kind `reasoning` whose correction is that part, reported to `onFault`.
 *
 * @example
 * ```ts
 * import { parseFeedback } from '@fgam/rectifier';
 *
 * const feedback = parseFeedback('object : there is no red circle', { response: 'yes' });
 * if (feedback.verdict !== 'revise' || feedback.issues[0]?.claim !== 'yes') throw new Error('not parsed');
 * ```
 */
export function parseFeedback(text: string, options: ParseFeedbackOptions = {}): Feedback {
  const response = foldSpace(options.response ?? '');
  const folded = foldSpace(text);
  if (folded === '' || saysNoCorrections(folded)) return { verdict: 'accept' };
  const parts = folded
    .replace(/\\(.)/g, `${MARK}$1`)
    .split(/(?<!\0);/)
    .map((part) => part.trim())
    .filter(Boolean);
  if (parts.length === 0) parts.push(folded);
  const issues = parts.flatMap((part) => parsePart(part, response, options.onFault));
  // What is left of a text that says nothing but the phrase, spelled with escapes.
  return issues.length === 0
    ? { verdict: 'accept' }
    : { verdict: 'revise', issues, text: textOf(issues, response) };
}

/** The issues' text. A claim that is the response is left out of it at once, not compared anew for each issue. */
function textOf(issues: readonly Issue[], response: string): string {
  const brief = issues.map((issue) => (issue.claim === response ? { ...issue, claim: '' } : issue));
  return reviseFeedback(brief, { response }).text;
}

function parsePart(part: string, response: string, onFault?: (fault: string) => void): Issue[] {
  const found = ISSUE.exec(part);
  if (!found) {
    const correction = unmark(part);
    if (saysNoCorrections(correction)) {
      onFault?.(`"${correction}" beside issues: left out`);
      return [];
    }
    onFault?.(`"${correction}" is not "KIND : CORRECTION": taken as an issue of kind reasoning`);
    return [{ kind: 'reasoning', claim: response, correction }];
  }
  const kind = (found[1] as string).toLowerCase() as IssueKind;
  const body = (found[2] as string).trim();
  if (body === '') onFault?.(`"${part}" has no correction`);
  if (body === '' || body === UNKNOWN_CORRECTION) return [{ kind, claim: response }];
  const denied = /^not\s+(.+)$/is.exec(body);
  if (denied) return [{ kind, claim: unmark(denied[1] as string) }];
  const both = /^(.*?)\s*(?<!\0),\s*not\s+(.+)$/is.exec(body);
  if (both?.[1]) return [{ kind, claim: unmark(both[2] as string), correction: unmark(both[1]) }];
  return [{ kind, claim: response, correction: unmark(body) }];
}

function unmark(text: string): string {
  return text.replaceAll(MARK, '').trim();
}
