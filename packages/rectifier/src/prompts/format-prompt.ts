import { escapeSlot } from './escape-slot.js';
import { PAPER_PROMPT, type PromptTemplate } from './prompt-template.js';

/** A former response and what was said of it. */
export interface Revision {
  readonly response: string;
  readonly feedback: string;
}

/** Options of {@link formatPrompt} and {@link formatCriticPrompt}. */
export interface PromptOptions {
  /** Default {@link PAPER_PROMPT}. */
  readonly template?: PromptTemplate;
}

/**
 * The prompt of a question: `User: Q Assistant:`; of its revision: `User: Q Assistant: A Feedback: F Assistant (Revised):`.
 *
 * Question, response and feedback are escaped (`escapeSlot`), so none can end its slot. Source: the paper, section 3.3.3.
 *
 * @example
 * ```ts
 * import { formatPrompt } from '@fgam/rectifier';
 *
 * const prompt = formatPrompt('is there a cat ?', { response: 'yes', feedback: 'object : there is no cat' });
 * const expected = 'User: is there a cat ? Assistant: yes Feedback: object : there is no cat Assistant (Revised):';
 * if (prompt !== expected) throw new Error(prompt);
 * ```
 */
export function formatPrompt(question: string, revision?: Revision, options: PromptOptions = {}): string {
  const { template = PAPER_PROMPT } = options;
  return revision === undefined
    ? fill(template.answer, { question })
    : fill(template.revise, { question, response: revision.response, feedback: revision.feedback });
}

/** The prompt that asks a critic for feedback: `User: Q Assistant: A Feedback:`, escaped like {@link formatPrompt}. */
export function formatCriticPrompt(question: string, response: string, options: PromptOptions = {}): string {
  const { template = PAPER_PROMPT } = options;
  return fill(template.criticise, { question, response });
}

/** Fills all slots in one pass, so that a slot's name inside a value stays text. */
function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (slot, name: string) => {
    const value = values[name];
    return value === undefined ? slot : escapeSlot(value);
  });
}
