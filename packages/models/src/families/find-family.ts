import { modelsError } from '../error.js';
import { blip2 } from './blip2.js';
import type { Family, FamilyModel } from './family.js';
import { instructBlip } from './instruct-blip.js';
import { llava } from './llava.js';
import { miniGpt4 } from './mini-gpt4.js';
import { qwen2Vl } from './qwen2-vl.js';

/** Every architecture that is read. */
const FAMILIES: readonly Family[] = [llava, qwen2Vl, instructBlip, blip2, miniGpt4];

/** The family of a `config.json` value. @throws FgamError `models/bad-config` for a model type that is not read */
export function findFamily(configJson: unknown): Family {
  const type =
    typeof configJson === 'object' && configJson !== null && 'model_type' in configJson
      ? configJson.model_type
      : undefined;
  const family = FAMILIES.find(({ modelType }) => modelType === type);
  if (family !== undefined) return family;
  const known = FAMILIES.map(({ modelType }) => modelType).join(', ');
  throw modelsError(
    'models/bad-config',
    `config.json: expected model_type to be one of ${known}, got ${JSON.stringify(type) ?? 'none'}`,
  );
}

/**
 * The architecture of a `config.json` value, without weights or tokenizer: what a plan of training reads.
 *
 * @throws FgamError `models/bad-config`
 * @example
 * ```ts
 * import { openFamily } from '@fgam/models';
 *
 * // What differs from the defaults in the config of LLaVA-1.5 of 7 billion parameters.
 * const sizes = { hidden_size: 1024, intermediate_size: 4096, image_size: 336, patch_size: 14 };
 * const { weightSpecs, parts, imageTokenId } = openFamily({
 *   model_type: 'llava',
 *   vision_config: { ...sizes, num_hidden_layers: 24, num_attention_heads: 16 },
 *   text_config: { vocab_size: 32064 },
 * });
 * const parameters = weightSpecs.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
 * if (parameters !== 7_063_427_072) throw new Error(`${parameters} parameters`);
 * if (Object.keys(parts).join() !== 'vision,connector,language') throw new Error(Object.keys(parts).join());
 * if (imageTokenId !== 32000) throw new Error(String(imageTokenId));
 * ```
 */
export function openFamily(configJson: unknown): FamilyModel {
  return findFamily(configJson).open(configJson);
}
