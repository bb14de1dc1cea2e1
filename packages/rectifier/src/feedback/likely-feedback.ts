/** What stands between a correction and its claim, as far as it was said. */
const NOT = / , not(?: |$)/;

/**
 * What feedback that has begun will probably go on to say, given that a correction is mostly a clause of the
 * response with one word changed, and the claim that clause: a draft for a module that writes it. Empty
 * where nothing stands out.
 *
 * @param said - the feedback so far, in the grammar of `formatFeedback`; its last word may not be whole
 */
export function likelyFeedback(said: string, response: string): string {
  const issue = said.split(' ; ').at(-1) ?? '';
  const body = /^[a-z]+ : (.+)$/s.exec(issue)?.[1];
  if (body === undefined) return '';
  const clauses = [...new Set(response.replace(/ \.$/, '').split(' , '))];
  const [correction = '', claim] = body.split(NOT);
  if (claim === undefined) {
    const clause = nearest(correction, clauses);
    if (clause === undefined) return '';
    // Where the changed word has been said the rest is known; before, it may be any of those that follow.
    return `${restOf(clause, correction)}${clause.startsWith(correction) ? '' : ` , not ${clause}`}`;
  }
  const begun = clauses.filter((clause) => clause.startsWith(claim));
  const clause = begun.length === 1 ? begun[0] : nearest(correction, begun);
  if (clause === undefined) return '';
  return `${claim === '' && !issue.endsWith(' ') ? ' ' : ''}${clause.slice(claim.length)}`;
}

/** The one clause that a text is the beginning of, but for one word at most. */
function nearest(text: string, clauses: readonly string[]): string | undefined {
  const apart = clauses.map((clause) => wordsApart(text, clause));
  const least = Math.min(1, ...apart);
  const found = clauses.filter((_, i) => apart[i] === least);
  return found.length === 1 ? found[0] : undefined;
}

/**
 * How many words of a text differ from the clause's at the same place; infinite where it has more of them. Its
 * last word may be the beginning of one.
 */
function wordsApart(text: string, clause: string): number {
  const [said, whole] = [text.split(' '), clause.split(' ')];
  if (said.length > whole.length) return Number.POSITIVE_INFINITY;
  return said.filter((word, at) =>
    at === said.length - 1 ? whole[at]?.startsWith(word) !== true : whole[at] !== word,
  ).length;
}

/** The rest of a clause after as many words as were said; first, the letters that the last of those lacks. */
function restOf(clause: string, said: string): string {
  const [words, whole] = [said.split(' '), clause.split(' ')];
  const [last, place] = [words.at(-1) ?? '', words.length - 1];
  const open = whole[place]?.startsWith(last) === true ? whole[place].slice(last.length) : '';
  return [open, ...whole.slice(words.length)].join(' ');
}
