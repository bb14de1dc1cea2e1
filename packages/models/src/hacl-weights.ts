import type { Weights } from '@fgam/compile';
import type { LanguageConfig } from './config.js';
import { haclSpecs } from './head-specs.js';
import { weightsOf } from './weights.js';

/**
 * New weights by which HACL compares images and texts, to be trained beside those of a checkpoint:
 * `fgam.hacl_vision_projection` and `fgam.hacl_text_projection` [E, D] and `fgam.hacl_logit_scale`. A compact
 * model has them by `fgam.hacl_embed_dim` of its config.
 *
 * @param options - `embedDim`: width E of the shared space
 */
export function createHaclWeights(
  { text_config: text }: LanguageConfig,
  { embedDim, seed = 1 }: { readonly embedDim: number; readonly seed?: number },
): Weights {
  return weightsOf(haclSpecs(text.hidden_size, embedDim), seed);
}
