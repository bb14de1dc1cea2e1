import { isPretrainedFolder } from '@fgam/models';
import { BASE_MODEL } from './model-names.js';
import { type NamedModel, openNamedModel } from './open-model.js';
import { noPretrainedRl } from './rl-config.js';

/** One of FGAM's own models. @throws FgamError `fgam/not-available` for one of the Hugging Face hub; as {@link openNamedModel} does */
export async function openCompactModel(name: string): Promise<NamedModel> {
  if (name !== BASE_MODEL && (await isPretrainedFolder(name))) throw noPretrainedRl(name);
  return openNamedModel(name);
}
