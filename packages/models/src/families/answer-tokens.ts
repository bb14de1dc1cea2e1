import type { PretrainedModel } from '../checkpoint/load-pretrained.js';
import { instructionOf } from '../generation/instruction.js';
import { splicedPrompt, type VisualExtent } from '../generation/spliced-prompt.js';
import { promptWithImages } from '../text/prompt-with-images.js';
import type { AnswerRow } from './answer-batch.js';

/** A question or instruction, and the answer that is to be learnt. */
export interface PromptedAnswer {
  /** Put into the checkpoint's chat template with its images, unless it holds the image token itself (`promptWithImages`). */
  readonly prompt: string;
  readonly answer: string;
}

/** Tokens of a prompt and its answer. */
export interface AnswerTokens extends Pick<AnswerRow, 'promptIds' | 'answerIds'> {
  /** The prompt in the tokens that the vision side reads; none where it reads no prompt. */
  readonly instruction: readonly number[];
}

/**
 * What a checkpoint is to say after which prompt, in its own template and tokens: the answer, the text that stops it where the checkpoint has one, and the token that ends it.
 *
 * @param images - the visual tokens of the prompt's images, in its order (`visualExtent` of prepared images)
 * @throws FgamError `models/bad-request` for image tokens that are not those of the images, or more tokens than the model has positions
 */
export function answerTokens(
  model: PretrainedModel,
  { prompt, answer }: PromptedAnswer,
  images: readonly VisualExtent[],
): AnswerTokens {
  const { tokenizer, stopTexts, endIds } = model;
  const [stop = ''] = stopTexts;
  const answerIds = [...tokenizer.encode(answer + stop, { isPart: true }), ...endIds.slice(0, 1)];
  const text = promptWithImages(model, prompt, images.length);
  const promptIds = splicedPrompt(model, { prompt: text, maxTokens: answerIds.length }, images, 0);
  return { promptIds, answerIds, instruction: instructionOf(model, text, 0) };
}
