import type { PretrainedModel } from '../checkpoint/load-pretrained.js';
import { modelsError } from '../error.js';
import { splicedTokens, type VisualExtent } from '../generation/spliced-prompt.js';
import { promptWithImages } from '../text/prompt-with-images.js';
import type { AnswerRow } from './answer-batch.js';
import type { FamilyModel } from './family.js';

/** A question or instruction, and the answer that is to be learnt. */
export interface PromptedAnswer {
  /**
   * Put into the checkpoint's chat template with its images, unless it holds the image token
   * itself (`promptWithImages`).
   */
  readonly prompt: string;
  readonly answer: string;
}

/** Tokens of a prompt and its answer. */
export interface AnswerTokens extends Pick<AnswerRow, 'promptIds' | 'answerIds'> {
  /** The prompt in the tokens that the vision side reads; none where it reads no prompt. */
  readonly instruction: readonly number[];
}

/**
 * What a checkpoint is to say after which prompt, in its own template and tokens: the answer, the text that
 * stops it where the checkpoint has one, and the token that ends it.
 *
 * @param images - the visual tokens of the prompt's images, in its order (`visualExtent` of prepared images)
 * @throws FgamError `models/bad-request` for image tokens that are not those of the images
 * @example
 * ```ts no-run
 * import { answerTokens, loadPretrained } from '@fgam/models';
 *
 * const model = await loadPretrained('llava-1.5-7b-hf', { weights: 'files' });
 * const { family, processor, endIds } = model;
 * const image = family.visualExtent(await processor.prepare('photo.jpg'));
 * const turn = { prompt: 'What is in the image?', answer: 'a red dot' };
 * const { promptIds, answerIds } = answerTokens(model, turn, [image]);
 * // The template's one image token has become as many as the image has visual tokens: 24 x 24.
 * const places = promptIds.filter((id) => id === family.imageTokenId).length;
 * if (places !== 576 || answerIds.at(-1) !== endIds[0]) throw new Error(String(places));
 * ```
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
  const { tokens, faults } = splicedTokens(model, text, images);
  if (faults.length > 0) throw modelsError('models/bad-request', `answerTokens: ${faults.join('; ')}`);
  const { family, instructionTokenizer } = model;
  const instruction = family.instruction === undefined ? [] : (instructionTokenizer?.encode(text) ?? []);
  return { promptIds: tokens, answerIds, instruction };
}

/**
 * Whether a prompt with its answer is no longer than what a model reads, its vision side too.
 *
 * @param rowTokens - tokens of a row, where they are fewer than the model's positions. Default: those
 * @example
 * ```ts
 * import { compactConfig, fitsRow } from '@fgam/models';
 *
 * const model = { config: compactConfig({ text_config: { max_position_embeddings: 8 } }) };
 * // Five tokens: fewer than the model's eight positions, more than a row of four.
 * const tokens = { promptIds: [40, 41, 42], answerIds: [43, 1], instruction: [] };
 * if (!fitsRow(model, tokens) || fitsRow(model, tokens, 4)) throw new Error('expected 8 to do and not 4');
 * ```
 */
export function fitsRow(
  { config, instruction }: Pick<FamilyModel, 'config' | 'instruction'>,
  tokens: AnswerTokens,
  rowTokens: number = Number.POSITIVE_INFINITY,
): boolean {
  const most = Math.min(rowTokens, config.text_config.max_position_embeddings);
  const isRead = tokens.instruction.length <= (instruction?.length ?? Number.POSITIVE_INFINITY);
  return isRead && tokens.promptIds.length + tokens.answerIds.length <= most;
}
