import { fillSlots } from './fill-slots.js';

/**
 * The prompt of a critic that sees no image. Slots are `{evidence}`, `{question}` and `{response}`. The
 * evidence goes first, so that questions about one image begin alike.
 */
export const EVIDENCE_PROMPT = {
  /** Name and version; a changed text gets a new one, because models are trained on it. */
  name: 'evidence-1',
  criticise: 'In the image: {evidence} User: {question} Assistant: {response} Feedback:',
  /** Teaches a critic to look its evidence up before it compares: the question's own answer. */
  answer: 'In the image: {evidence} User: {question} Assistant:',
} as const;

/**
 * `In the image: E User: Q Assistant: A Feedback:`; evidence, question and response are escaped,
 * so none can end its slot.
 *
 * @example
 * ```ts
 * import { formatEvidencePrompt } from '@fgam/rectifier';
 *
 * const prompt = formatEvidencePrompt('no cat', 'is there a cat ?', 'yes');
 * if (prompt !== 'In the image: no cat User: is there a cat ? Assistant: yes Feedback:') throw new Error(prompt);
 * ```
 */
export function formatEvidencePrompt(evidence: string, question: string, response: string): string {
  return fillSlots(EVIDENCE_PROMPT.criticise, { evidence, question, response });
}

/**
 * `In the image: E User: Q Assistant:`, both escaped.
 *
 * @example
 * ```ts
 * import { formatEvidenceQuestion } from '@fgam/rectifier';
 *
 * const prompt = formatEvidenceQuestion('nothing', 'is there a cat ?');
 * if (prompt !== 'In the image: nothing User: is there a cat ? Assistant:') throw new Error(prompt);
 * ```
 */
export function formatEvidenceQuestion(evidence: string, question: string): string {
  return fillSlots(EVIDENCE_PROMPT.answer, { evidence, question });
}
