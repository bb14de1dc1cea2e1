import type { ConversationSegment, Trajectory } from '@fgam/data';
import { formatFeedback } from '../feedback/format-feedback.js';
import { formatCriticPrompt, formatPrompt, type PromptOptions } from '../prompts/format-prompt.js';
import type { CorrectionExample } from './correction-examples.js';

/**
 * Prompts and answers that teach to revise: `User: Q Assistant: A_k Feedback: F_k Assistant (Revised):` ->
 * A_(k+1), one for each revision of a trajectory, or the one of an example.
 *
 * A trajectory teaches what it did, right or not: give those whose revisions are to be imitated,
 * or the truth as `answer`.
 *
 * @param options - `answer`: taught instead of each A_(k+1); `template`: default the paper's
 */
export function revisionSegments(
  source: Trajectory | CorrectionExample,
  options: PromptOptions & { readonly answer?: string } = {},
): ConversationSegment[] {
  return stepsOf(source).flatMap(({ question, response, feedback, revised }) => {
    const answer = options.answer ?? revised;
    if (!feedback || answer === undefined) return [];
    const revision = { response, feedback: formatFeedback(feedback, { response }) };
    return [{ prompt: formatPrompt(question, revision, options), answer }];
  });
}

/**
 * Prompts and answers that teach to criticise: `User: Q Assistant: A_k Feedback:` -> F_k, one for each
 * response that has feedback. A misleading example has none.
 */
export function criticSegments(
  source: Trajectory | CorrectionExample,
  options: PromptOptions & {
    /** Default: `formatCriticPrompt`, in the template. */
    readonly formatPrompt?: (question: string, response: string) => string;
  } = {},
): ConversationSegment[] {
  const { formatPrompt: format = (question, response) => formatCriticPrompt(question, response, options) } =
    options;
  if ('misleading' in source && source.misleading) return [];
  return stepsOf(source).flatMap(({ question, response, feedback }) =>
    feedback
      ? [
          {
            prompt: format(question, response),
            answer: formatFeedback(feedback, { response }),
          },
        ]
      : [],
  );
}

/**
 * The finished story of an example: the draft and its feedback, then the right response, accepted. An
 * accepted draft that is right has no second attempt; a right draft that was refused is kept (`unchanged`).
 * The loop itself goes on after no acceptance, so `replayTrajectory` refuses the story of a misleading
 * example whose wrong draft was accepted.
 */
export function exampleTrajectory(example: CorrectionExample, image: string): Trajectory {
  const { question, response, feedback, revised, misleading } = example;
  const story = { id: question.id, image, question: question.question };
  const draft = { response, feedback };
  if (feedback.verdict === 'accept' && !misleading)
    return { ...story, attempts: [draft], final: response, stop: 'accepted' };
  if (feedback.verdict === 'revise' && response === revised)
    return { ...story, attempts: [draft, { response: revised }], final: revised, stop: 'unchanged' };
  const accepted = { response: revised, feedback: { verdict: 'accept' } } as const;
  return { ...story, attempts: [draft, accepted], final: revised, stop: 'accepted' };
}

function stepsOf(source: Trajectory | CorrectionExample) {
  if ('attempts' in source)
    return source.attempts.map(({ response, feedback }, k) => ({
      question: source.question,
      response,
      feedback,
      revised: source.attempts[k + 1]?.response,
    }));
  const { question, response, feedback, revised } = source;
  return [{ question: question.question, response, feedback, revised }];
}
