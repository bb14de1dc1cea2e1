import { reviseFeedback } from '../feedback/format-feedback.js';
import { type FeedbackForOptions, statementOf } from '../truth/feedback-for.js';
import type { CorrectionExample } from './correction-examples.js';

/**
 * An example for a module that says what is true whatever the response is (`states` of the critics that a
 * model writes): the feedback on a right response is what would correct a wrong one. As it is where the
 * question has no such statement (captions, curated questions), and where its feedback is false on purpose.
 *
 * Source: ours. A small model learns to write down what it looked up long before it learns to compare that with
 * the response; comparing two answers needs no model.
 *
 * @throws FgamError `rectifier/no-truth` as `feedbackFor`
 * @example
 * ```ts
 * import { correctionExamples, statedExample } from '@fgam/rectifier';
 *
 * const question = { id: '1', sample: '1', kind: 'attribute', question: 'what size is the red circle ?', answer: 'small' } as const;
 * const [right] = correctionExamples({ questions: [question], wrongShare: 0 });
 * const feedback = right && statedExample(right).feedback;
 * if (feedback?.verdict !== 'revise' || feedback.text !== 'attribute : the red circle is small') throw new Error();
 * ```
 */
export function statedExample(
  example: CorrectionExample,
  options: FeedbackForOptions = {},
): CorrectionExample {
  const { question, response, feedback, misleading } = example;
  if (misleading || feedback.verdict !== 'accept') return example;
  const statement = statementOf(question, options);
  if (statement === undefined) return example;
  return { ...example, feedback: reviseFeedback([{ ...statement, claim: response }], { response }) };
}
