import type { Weights } from '@fgam/compile';
import type { LanguageConfig } from './config.js';
import { haclSpecs } from './head-specs.js';
import { weightsOf } from './weights.js';

/**
 * New weights by which HACL compares images and texts, to be trained beside those of a checkpoint:
 * `fgam.hacl_vision_projection.weight` and `fgam.hacl_text_projection.weight` [E, D], N(0, 1/D), and
 * `fgam.hacl_logit_scale` [], ln(1 / 0.07). A compact model has them by `fgam.hacl_embed_dim` of its config.
 *
 * @param options - `embedDim`: width E of the shared space; `seed`: default 1
 * @example
 * ```ts
 * import { compactConfig, createHaclWeights } from '@fgam/models';
 *
 * // D is the language model's width, 128.
 * const weights = createHaclWeights(compactConfig(), { embedDim: 16 });
 * const shape = weights['fgam.hacl_text_projection.weight']?.shape.join();
 * const scale = Math.exp(weights['fgam.hacl_logit_scale']?.data[0] ?? 0);
 * if (shape !== '16,128' || Math.abs(scale * 0.07 - 1) > 1e-6) throw new Error(`${shape}, ${scale}`);
 * ```
 */
export function createHaclWeights(
  { text_config: text }: LanguageConfig,
  { embedDim, seed = 1 }: { readonly embedDim: number; readonly seed?: number },
): Weights {
  return weightsOf(haclSpecs(text.hidden_size, embedDim), seed);
}
