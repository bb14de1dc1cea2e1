import type { ModelConfig } from './config.js';
import { formerSpecs } from './families/q-former-specs.js';
import { headSpecs } from './head-specs.js';
import { connectorSpecs, linear, textSpecs, visionSpecs, type WeightSpec } from './weight-specs.js';

/**
 * Every weight of a config, in checkpoint order, named as in Hugging Face's LLaVA checkpoints; ours are under `fgam.`
 * and `vision_tower.vision_model.embeddings.stem.`.
 *
 * Linear maps start as N(0, 1/in), those that end a residual branch as N(0, 1/(2 L in)) (GPT-2), embeddings as
 * N(0, initializer_range^2).
 *
 * @example
 * ```ts
 * import { compactConfig, weightSpecs } from '@fgam/models';
 *
 * const specs = new Map(weightSpecs(compactConfig()).map((spec) => [spec.name, spec]));
 * // Linear maps are [out, in]: E = 64 of a tower 128 wide, N(0, 1/128).
 * const projection = specs.get('fgam.vision_projection.weight');
 * if (projection?.shape.join() !== '64,128') throw new Error(projection?.shape.join());
 * if (!('std' in projection.init) || projection.init.std !== 128 ** -0.5) throw new Error('another start');
 * // The head is the embedding table.
 * if (specs.has('language_model.lm_head.weight')) throw new Error('expected tied embeddings');
 * ```
 */
export function weightSpecs(config: ModelConfig): readonly WeightSpec[] {
  const connector =
    config.fgam.q_former === undefined ? connectorSpecs(config) : qFormerConnectorSpecs(config);
  return [...visionSpecs(config), ...connector, ...textSpecs(config), ...headSpecs(config)];
}

/** Weights of MiniGPT-4's connector, under the names of its checkpoints. */
function qFormerConnectorSpecs({ vision_config, text_config: text, fgam }: ModelConfig): WeightSpec[] {
  const { q_former: former } = fgam;
  if (former === undefined) return [];
  const { num_query_tokens: count, hidden_size: width } = former;
  // Visual tokens start as large as those of the other connector.
  const std = Math.min(1, 3 * text.initializer_range) * width ** -0.5;
  return [
    { name: 'query_tokens', shape: [1, count, width], init: { std: 0.02 } },
    ...formerSpecs({ qformer_config: former, vision_config }, false),
    ...linear('language_projection', text.hidden_size, width, std),
  ];
}
