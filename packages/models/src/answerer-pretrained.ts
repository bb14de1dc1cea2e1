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

/** A text in which a special token is none. */
export function withoutToken(text: string, token: string): string {
  return token === '' ? text : text.replaceAll(token, `${token[0] ?? ''} ${token.slice(1)}`);
}
