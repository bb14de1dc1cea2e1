import type { PretrainedModel } from '../checkpoint/load-pretrained.js';
import type { FamilyModel } from '../families/family.js';

/**
 * A prompt as it stands where it says by itself where its images are, has none, or is for a model whose images always go first; else as the question of a conversation: the model's chat
 * template puts the images where it has them. Without a template the images come first, a line each.
 */
export function promptWithImages(
  {
    chatTemplate,
    imageToken,
    family,
  }: Pick<PretrainedModel, 'chatTemplate' | 'imageToken'> & {
    readonly family: Pick<FamilyModel, 'imagesFirst'>;
  },
  prompt: string,
  images: number,
): string {
  if (images === 0 || family.imagesFirst === true || prompt.includes(imageToken)) return prompt;
  const content = [
    ...Array.from({ length: images }, () => ({ type: 'image' as const })),
    { type: 'text' as const, text: prompt },
  ];
  return chatTemplate?.render([{ role: 'user', content }]) ?? `${imageToken}\n`.repeat(images) + prompt;
}
