import { foldSpace } from './format-feedback.js';
import { parseFeedback } from './parse-feedback.js';

/** A correction of this form says what is there, not what a claim should have said. */
const EXISTENCE = /^there (?:is|are) (no )?/;

/** What {@link correctedResponse} takes. */
export interface CorrectedResponseOptions {
  readonly response: string;
  /** In the grammar of `formatFeedback`. */
  readonly feedback: string;
  /**
   * Whether a response of one clause is a list of them too, as captions are, unless it ends as prose does
   * (`A cat.`). Default: where it has ` , `.
   */
  readonly isList?: boolean;
}

/**
 * A response with feedback's corrections in the places of its claims, word for word: what a reviser that
 * follows the feedback will probably say, as a draft of its revision. A clause about what is not there is
 * left out, and so is one that is wrong and has no correction, as one that is said twice; what a response of several
 * clauses does not say is said at its end; a claim that the response does not have changes nothing.
 *
 * @example
 * ```ts
 * import { correctedResponse } from '@fgam/rectifier';
 *
 * const feedback = 'attribute : a red cat , not a black cat';
 * const draft = correctedResponse({ response: 'a black cat , a dog .', feedback });
 * if (draft !== 'a red cat , a dog .') throw new Error(draft);
 * ```
 */
export function correctedResponse({ response, feedback, isList }: CorrectedResponseOptions): string {
  const parsed = parseFeedback(feedback, { response });
  if (parsed.verdict === 'accept') return response;
  const whole = foldSpace(response);
  const end = whole.endsWith(' .') ? ' .' : '';
  const clauses = whole.slice(0, whole.length - end.length).split(' , ');
  const isProse = end === '' && /[.!?]$/.test(whole);
  const canTakeMore = isList === undefined ? clauses.length > 1 : isList && !isProse;
  const said: (string | undefined)[] = [...clauses];
  const taken = new Set<number>();
  const added: string[] = [];
  const elsewhere: { readonly claim: string; readonly correction: string }[] = [];
  /** The first clause that is the claim and that no issue before was about. */
  const find = (is: (clause: string) => boolean): number | undefined => {
    const at = clauses.findIndex((clause, index) => !taken.has(index) && is(clause));
    if (at < 0) return undefined;
    taken.add(at);
    return at;
  };
  for (const { claim, correction } of parsed.issues) {
    if (claim === '') continue;
    const isClaim = (clause: string): boolean => clause === claim;
    const [existence, no] = EXISTENCE.exec(correction ?? '') ?? [];
    if (claim === whole) {
      if (correction !== undefined && existence !== undefined && no === undefined)
        added.push(correction.slice(existence.length));
    } else if (correction === undefined || no !== undefined) {
      const begins = (clause: string): boolean => no !== undefined && clause.startsWith(`${claim} `);
      const at = find(isClaim) ?? find(begins);
      if (at !== undefined) said[at] = undefined;
    } else if (existence === undefined) {
      const at = find(isClaim);
      if (at !== undefined) said[at] = correction;
      else if (!clauses.includes(claim)) elsewhere.push({ claim, correction });
    }
  }
  const list = [...said.filter((clause) => clause !== undefined), ...(canTakeMore ? added : [])];
  const text = (list.length === 0 ? clauses : list).join(' , ') + end;
  return elsewhere.reduce((before, { claim, correction }) => replaceWords(before, claim, correction), text);
}

/** A text with other words in the first place where some stand as whole words. */
function replaceWords(text: string, words: string, others: string): string {
  const at = ` ${text} `.indexOf(` ${words} `);
  return at < 0 ? text : text.slice(0, at) + others + text.slice(at + words.length);
}
