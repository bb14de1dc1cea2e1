import { modelsError } from '../error.js';
import type { FgamModel } from '../model.js';
import { visionGrid } from '../vision-grid.js';
import type { ModelRequest } from './model-request.js';
import { requestFaults } from './request-faults.js';

/**
 * The tokens of a prompt to a model whose visual tokens come before the text, without the image
 * token that it may begin with.
 *
 * @throws FgamError `models/bad-request` that names every fault of the request
 */
export function prefixPrompt(
  { tokenizer, config }: FgamModel,
  request: ModelRequest,
  index: number,
): number[] {
  const { prompt, image, maxTokens } = request;
  const all = tokenizer.encode(prompt);
  const startsWithImage = all[0] === config.image_token_index;
  const tokens = startsWithImage ? all.slice(1) : all;
  const faults: string[] = [];
  if (tokens.length === 0) faults.push('expected a prompt with words, got none');
  if (startsWithImage && image === undefined)
    faults.push('expected an image for the <image> in the prompt, got none');
  if (tokens.includes(config.image_token_index)) {
    faults.push(
      'expected <image> at the start of the prompt or not at all; this model reads the image first',
    );
  }
  faults.push(...requestFaults(request, config.text_config.vocab_size));
  const room = config.text_config.max_position_embeddings - visionGrid(config).visualTokens;
  if (tokens.length + maxTokens > room) {
    faults.push(`expected prompt and maxTokens to fit ${room} tokens, got ${tokens.length} + ${maxTokens}`);
  }
  if (faults.length > 0) {
    throw modelsError('models/bad-request', `generate: request ${index}: ${faults.join('; ')}`);
  }
  return tokens;
}
