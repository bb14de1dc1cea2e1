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
    `loadPretrained: expected model_type to be one of ${known}, got ${JSON.stringify(type) ?? 'none'}`,
  );
}

/**
 * The architecture of a `config.json` value, without weights or tokenizer: what a plan of training reads.
 *
 * @throws FgamError `models/bad-config`
 */
export function openFamily(configJson: unknown): FamilyModel {
  return findFamily(configJson).open(configJson);
}
