import { foldSpace } from './format-feedback.js';
import { parseFeedback } from './parse-feedback.js';

/** A correction of this form says what is there, not what a claim should have said. */
const EXISTENCE = /^there (?:is|are) (no )?/;

/**
 * A response with feedback's corrections in the places of its claims, word for word: what a reviser that follows the feedback will probably say, as a draft of its
 * revision. Claims that the response does not have, and corrections that say what is missing, change nothing; a clause about what is not there is left out.
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
    if (correction === undefined || claim === '' || claim === whole) return text;
    const found = EXISTENCE.exec(correction);
    if (found === null) return replaceWords(text, claim, correction);
    return found[1] === undefined ? text : withoutClause(text, claim);
  }, whole);
}

/** The first place where words stand as whole words. */
function placeOf(text: string, words: string): number {
  return ` ${text} `.indexOf(` ${words} `);
}

function replaceWords(text: string, words: string, others: string): string {
  const at = placeOf(text, words);
  return at < 0 ? text : text.slice(0, at) + others + text.slice(at + words.length);
}

/** A text of clauses between commas without one of them. */
function withoutClause(text: string, clause: string): string {
  const clauses = text.split(' , ');
  const at = clauses.findIndex((each) => placeOf(each.replace(/ \.$/, ''), clause) === 0);
  if (at < 0 || clauses.length === 1) return text;
  const end = at === clauses.length - 1 && text.endsWith(' .') ? ' .' : '';
  return clauses.toSpliced(at, 1).join(' , ') + end;
}
