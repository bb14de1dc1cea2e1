import type { ConversationSegment, Trajectory } from '@fgam/data';
import { formatFeedback } from '../feedback/format-feedback.js';
import { escapeSlot } from '../prompts/escape-slot.js';
import { formatCriticPrompt, formatPrompt, type PromptOptions } from '../prompts/format-prompt.js';
import type { CorrectionExample } from './correction-examples.js';

/**
 * Prompts and answers that teach to revise: `User: Q Assistant: A_k Feedback: F_k Assistant (Revised):` ->
 * A_(k+1), one for each revision of a trajectory, or the one of an example.
 *
 * A trajectory teaches what it did, right or not: give those whose revisions are to be imitated,
 * or the truth as `answer`. Answers are escaped as prompts are (`escapeSlot`): a caption's `<eos>` ends no text.
 *
 * @param options - `answer`: taught instead of each A_(k+1); `template`: default the paper's
 * @example
 * ```ts
 * import { parseFeedback, revisionSegments } from '@fgam/rectifier';
 *
 * const attempts = [
 *   { response: 'yes', feedback: parseFeedback('object : there is no cat', { response: 'yes' }) },
 *   { response: 'no', feedback: { verdict: 'accept' } },
 * ] as const;
 * const asked = { id: '1', image: '1.png', question: 'is there a cat ?' };
 * const story = { ...asked, attempts, final: 'no', stop: 'accepted' } as const;
 * const segments = revisionSegments(story);
 * const prompt = 'User: is there a cat ? Assistant: yes Feedback: object : there is no cat Assistant (Revised):';
 * // After the acceptance nothing was revised.
 * if (segments.length !== 1 || segments[0]?.prompt !== prompt || segments[0].answer !== 'no') throw new Error();
 * ```
 */
export function revisionSegments(
  source: Trajectory | CorrectionExample,
  options: PromptOptions & { readonly answer?: string } = {},
): ConversationSegment[] {
  return stepsOf(source).flatMap(({ question, response, feedback, revised }) => {
    const answer = options.answer ?? revised;
    if (!feedback || answer === undefined) return [];
    const revision = { response, feedback: formatFeedback(feedback, { response }) };
    return [{ prompt: formatPrompt(question, revision, options), answer: escapeSlot(answer) }];
  });
}

/**
 * Prompts and answers that teach to criticise: `User: Q Assistant: A_k Feedback:` -> F_k, one for each
 * response that has feedback. A misleading example has none. Answers are escaped, as those of `revisionSegments`.
 *
 * @example
 * ```ts
 * import { criticSegments, parseFeedback } from '@fgam/rectifier';
 *
 * const attempts = [
 *   { response: 'yes', feedback: parseFeedback('object : there is no cat', { response: 'yes' }) },
 *   { response: 'no', feedback: { verdict: 'accept' } },
 * ] as const;
 * const asked = { id: '1', image: '1.png', question: 'is there a cat ?' };
 * const story = { ...asked, attempts, final: 'no', stop: 'accepted' } as const;
 * const [refusal, acceptance] = criticSegments(story);
 * if (refusal?.prompt !== 'User: is there a cat ? Assistant: yes Feedback:') throw new Error(refusal?.prompt);
 * if (refusal.answer !== 'object : there is no cat') throw new Error(refusal.answer);
 * if (acceptance?.answer !== 'no further corrections needed') throw new Error(acceptance?.answer);
 * ```
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
            answer: escapeSlot(formatFeedback(feedback, { response })),
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
 *
 * @param image - of the sample that the question is about: an example has the question alone
 * @example
 * ```ts
 * import type { Question } from '@fgam/data';
 * import { exampleTrajectory, feedbackFor } from '@fgam/rectifier';
 *
 * const asked = { id: '1', sample: '1', question: 'is there a cat ?' };
 * const question: Question = { ...asked, kind: 'existence', answer: 'no' };
 * const draft = { question, response: 'yes', feedback: feedbackFor(question, 'yes') };
 * const example = { ...draft, revised: 'no', source: 'injected', misleading: false } as const;
 * const { attempts, final, stop } = exampleTrajectory(example, 'dog.png');
 * if (attempts.map(({ response }) => response).join() !== 'yes,no') throw new Error('the draft, then the truth');
 * if (attempts[1]?.feedback?.verdict !== 'accept' || final !== 'no' || stop !== 'accepted') throw new Error(stop);
 * ```
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
