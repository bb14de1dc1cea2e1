import type { PretrainedModel } from '../checkpoint/load-pretrained.js';
import type { FamilyModel } from '../families/family.js';

/**
 * A prompt as it stands where it says by itself where its images are, has none, or is for a model whose
 * images always go first; else as the question of a conversation: the model's chat template puts the images
 * where it has them. Without a template the images come first, a line each.
 *
 * @param images - how many images the prompt has
 * @throws FgamError `models/bad-tokenizer` where the template refuses the conversation
 * @example
 * ```ts
 * import { promptWithImages } from '@fgam/models';
 *
 * // A model of `loadPretrained` goes here; this one has no chat template.
 * const model = { imageToken: '<image>', chatTemplate: undefined, family: {} };
 * const asked = promptWithImages(model, 'What is it?', 1);
 * const placed = promptWithImages(model, 'Is <image> red?', 1);
 * if (asked !== '<image>\nWhat is it?' || placed !== 'Is <image> red?') throw new Error(asked + placed);
 * ```
 */
export function promptWithImages(model: PromptedModel, prompt: string, images: number): string {
  return images === 0 || prompt.includes(model.imageToken) ? prompt : questionPrompt(model, prompt, images);
}

/** What says how a model is asked. */
type PromptedModel = Pick<PretrainedModel, 'chatTemplate' | 'imageToken'> & {
  readonly family: Pick<FamilyModel, 'imagesFirst'>;
};

/** A question, which holds no image token, as the prompt of a conversation about so many images, or about none. */
export function questionPrompt(
  { chatTemplate, imageToken, family }: PromptedModel,
  prompt: string,
  images: number,
): string {
  if (family.imagesFirst === true) return prompt;
  const content = [
    ...Array.from({ length: images }, () => ({ type: 'image' as const })),
    { type: 'text' as const, text: prompt },
  ];
  return chatTemplate?.render([{ role: 'user', content }]) ?? `${imageToken}\n`.repeat(images) + prompt;
}
