import type { HostTensor } from '@fgam/compile';
import type { PretrainedModel } from '../checkpoint/load-pretrained.js';
import { modelsError } from '../error.js';
import { requestFaults } from './request-faults.js';
import type { PretrainedRequest } from './pretrained-generator.js';

/** How many visual tokens an image has, and where they are. */
export interface VisualExtent {
  /** [M, D]. */
  readonly shape: readonly number[];
  /** Where the model knows where they are in the image: they are row by row. */
  readonly grid?: readonly [rows: number, columns: number];
}

/** Visual tokens [M, D] of one image. */
export type VisualTokens = HostTensor & VisualExtent & { readonly dtype: 'float32' };

/**
 * The tokens of a prompt in which each image token of the text has become as many as the image has visual
 * tokens; where a family's images go first, they stand before all of the text, the tokens that the
 * tokenizer begins with too.
 *
 * @param visual - of the request's images, in their order
 * @throws FgamError `models/bad-request` that names every fault of the request
 */
export function splicedPrompt(
  model: SplicingModel,
  request: PretrainedRequest,
  visual: readonly VisualExtent[],
  index: number,
): number[] {
  const { tokens, faults } = splicedTokens(model, request.prompt, visual);
  if (request.image !== undefined && request.images !== undefined)
    faults.push('expected image or images, got both');
  const room = model.family.config.text_config.max_position_embeddings;
  if (tokens.length + request.maxTokens > room)
    faults.push(
      `expected prompt and maxTokens to fit ${room} tokens, got ${tokens.length} + ${request.maxTokens}`,
    );
  const all = [...requestFaults(request, model.family.config.text_config.vocab_size), ...faults];
  if (all.length === 0) return tokens;
  throw modelsError('models/bad-request', `generate: request ${index}: ${all.join('; ')}`);
}

/** What says how prompts are spliced. */
type SplicingModel = Pick<PretrainedModel, 'tokenizer' | 'imageToken' | 'family'>;

/** The tokens of {@link splicedPrompt}, however many, and what is wrong with the prompt's image tokens. */
export function splicedTokens(
  { tokenizer, imageToken, family }: SplicingModel,
  prompt: string,
  visual: readonly VisualExtent[],
): { readonly tokens: number[]; readonly faults: string[] } {
  const { imagesFirst = false, imageTokenId } = family;
  const parts = prompt.split(imageToken);
  const places = parts.length - 1;
  const faults: string[] = [];
  if (imagesFirst && places > 0)
    faults.push(`expected no ${imageToken} in the prompt, as this model's images go first, got ${places}`);
  if (!imagesFirst && places !== visual.length)
    faults.push(`expected ${visual.length} ${imageToken} in the prompt, one an image, got ${places}`);
  const sizes = visual.map(({ shape }) => shape[0] ?? 0);
  const text = parts.map((part, i) => imageToken.repeat(i === 0 ? 0 : (sizes[i - 1] ?? 0)) + part).join('');
  const first = imagesFirst ? sizes.reduce((sum, size) => sum + size, 0) : 0;
  const tokens = [...new Array<number>(first).fill(imageTokenId), ...tokenizer.encode(text)];
  if (tokens.length === 0) faults.push('expected a prompt with words, got none');
  return { tokens, faults };
}
