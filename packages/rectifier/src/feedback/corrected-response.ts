import { foldSpace } from './format-feedback.js';
import { parseFeedback } from './parse-feedback.js';

/** A correction of this form says what is there, not what a claim should have said. */
const EXISTENCE = /^there (?:is|are) (no )?/;

/**
 * A response with feedback's corrections in the places of its claims, word for word: what a reviser that
 * follows the feedback will probably say, as a draft of its revision. A clause about what is not there is
 * left out; what a response of several clauses does not say is said at its end; a claim that the response
 * does not have changes nothing.
 *
 * @param feedback - in the grammar of `formatFeedback`
 * @example
 * ```ts
 * import { correctedResponse } from '@fgam/rectifier';
 *
 * const feedback = 'attribute : a red cat , not a black cat';
 * const draft = correctedResponse({ response: 'a black cat , a dog .', feedback });
 * if (draft !== 'a red cat , a dog .') throw new Error(draft);
 * ```
 */
export function correctedResponse({
  response,
  feedback,
}: {
  readonly response: string;
  readonly feedback: string;
}): string {
  const parsed = parseFeedback(feedback, { response });
  if (parsed.verdict === 'accept') return response;
  const whole = foldSpace(response);
  return parsed.issues.reduce((text, { claim, correction }) => {
    if (correction === undefined || claim === '') return text;
    const found = EXISTENCE.exec(correction);
    if (claim === whole)
      return found === null || found[1] !== undefined
        ? text
        : withClause(text, correction.slice(found[0].length));
    if (found === null) return replaceWords(text, claim, correction);
    return found[1] === undefined ? text : withoutClause(text, claim);
  }, whole);
}

/** The first place where words are a whole clause, or else where they stand as whole words. */
function placeOf(text: string, words: string): number {
  const clause = ` , ${text.replace(/ \.$/, '')} , `.indexOf(` , ${words} , `);
  return clause < 0 ? ` ${text} `.indexOf(` ${words} `) : clause;
}

function replaceWords(text: string, words: string, others: string): string {
  const at = placeOf(text, words);
  return at < 0 ? text : text.slice(0, at) + others + text.slice(at + words.length);
}

/** A text of clauses between commas with one more; any other as it is. */
function withClause(text: string, clause: string): string {
  if (!text.includes(' , ')) return text;
  const end = text.endsWith(' .') ? ' .' : '';
  return `${text.slice(0, text.length - end.length)} , ${clause}${end}`;
}

/** A text of clauses between commas without one of them. */
function withoutClause(text: string, clause: string): string {
  const clauses = text.split(' , ');
  const own = clauses.map((each) => each.replace(/ \.$/, ''));
  const whole = own.indexOf(clause);
  const at = whole < 0 ? own.findIndex((each) => `${each} `.startsWith(`${clause} `)) : whole;
  if (at < 0 || clauses.length === 1) return text;
  const end = at === clauses.length - 1 && text.endsWith(' .') ? ' .' : '';
  return clauses.toSpliced(at, 1).join(' , ') + end;
}
