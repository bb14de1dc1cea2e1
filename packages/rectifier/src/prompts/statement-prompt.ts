import { fillSlots } from './fill-slots.js';

/** The prompt of a critic that states what is true before it knows the response. The slot is `{question}`. */
export const STATEMENT_PROMPT = {
  /** Name and version; a changed text gets a new one, because models are trained on it. */
  name: 'statement-1',
  state: 'User: {question} Feedback:',
} as const;

/**
 * `User: Q Feedback:`, the question escaped: asks a module what is true of it, without the response, which it
 * would follow (`states` of `createModelCritic`; with `judges: isShortQuestion`, as other questions have no such
 * statement).
 *
 * @example
 * ```ts
 * import { formatStatementPrompt } from '@fgam/rectifier';
 *
 * const prompt = formatStatementPrompt('is there a cat ?');
 * if (prompt !== 'User: is there a cat ? Feedback:') throw new Error(prompt);
 * ```
 */
export function formatStatementPrompt(question: string): string {
  return fillSlots(STATEMENT_PROMPT.state, { question });
}
