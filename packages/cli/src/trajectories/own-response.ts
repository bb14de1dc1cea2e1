import type { Question } from '@fgam/data';
import { foldSpace } from '@fgam/rectifier';

/** What a model said to a question. */
export interface OwnResponse {
  readonly question: Question;
  readonly response: string;
}

/** Each response once a question, white space aside, in their order. */
export function distinctResponses(responses: readonly OwnResponse[]): OwnResponse[] {
  const said = new Map<Question, Set<string>>();
  return responses.filter(({ question, response }) => {
    const before = said.get(question) ?? new Set();
    said.set(question, before);
    const folded = foldSpace(response);
    return !before.has(folded) && before.add(folded);
  });
}
