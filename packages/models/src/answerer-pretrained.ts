import type { AnswerRequest } from '@fgam/data';
import { answererOf, type AnswererOptions, type ModelAnswerer } from './answerer.js';
import type { PretrainedModel } from './checkpoint/load-pretrained.js';
import { createPretrainedGenerator } from './generation/pretrained-generator.js';
import { questionPrompt } from './text/prompt-with-images.js';

/**
 * A checkpoint of the Hugging Face hub behind the `Answerer` port: the prompt of a question, or of its
 * revision (the paper's section 3.3.3), is what the user says in the checkpoint's chat template, the image
 * before it, or none where the question has none; models without a template take it as it is.
 *
 * A text can't place an image: the model's image token within it is broken by a space.
 *
 * @throws FgamError, at the call: `models/bad-request` for a prompt and `maxTokens` that are longer than the
 * model reads; `models/disposed`; the image reader's error; the signal's reason
 * @example
 * ```ts no-run
 * import { createPretrainedAnswerer, loadPretrained } from '@fgam/models';
 *
 * const model = await loadPretrained('llava-1.5-7b-hf', { weights: 'fitting' });
 * const answerer = createPretrainedAnswerer(model, {
 *   formatPrompt: (question, revision) =>
 *     revision === undefined ? question : `${question} You said: ${revision.response} ${revision.feedback}`,
 * });
 * const ask = { image: 'photo.jpg', question: 'Is there a dog?' };
 * const [answer] = await answerer.answer([ask]);
 * const revision = { response: answer?.text ?? '', feedback: 'There is no dog.' };
 * const [revised] = await answerer.answer([{ ...ask, revision }]);
 * await answerer.dispose();
 * console.log(answer?.text, revised?.text);
 * ```
 */
export function createPretrainedAnswerer(model: PretrainedModel, options: AnswererOptions): ModelAnswerer {
  const { formatPrompt, maxTokens, draftRevisions = model.quantized === undefined, ...rest } = options;
  const generator = createPretrainedGenerator(model, rest);
  const promptOf = ({ image, question, revision }: AnswerRequest): string => {
    const text = withoutToken(formatPrompt(question, revision), model.imageToken);
    return questionPrompt(model, text, image === undefined ? 0 : 1);
  };
  const answerer = answererOf(generator, promptOf, {
    ...(maxTokens === undefined ? {} : { maxTokens }),
    draftRevisions,
  });
  return {
    ...answerer,
    async dispose() {
      await answerer.dispose();
      await generator.dispose();
    },
  };
}

/**
 * A text in which a special token is none: a space after its first character breaks it.
 *
 * @param token - such as `<image>`; an empty one is in no text
 * @example
 * ```ts
 * import { withoutToken } from '@fgam/models';
 *
 * const text = withoutToken('What does <image> mean?', '<image>');
 * if (text !== 'What does < image> mean?') throw new Error(text);
 * ```
 */
export function withoutToken(text: string, token: string): string {
  return token === '' ? text : text.replaceAll(token, `${token[0] ?? ''} ${token.slice(1)}`);
}
