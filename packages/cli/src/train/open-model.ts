import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BASE_MODEL_FOLDER } from '@fgam/base-compact';
import { FgamError } from '@fgam/data';
import { type FgamModel, loadModel } from '@fgam/models';
import { BASE_MODEL } from './model-names.js';

/**
 * A model by its folder; `compact-base` is the shipped base checkpoint.
 *
 * @throws FgamError `fgam/no-model` where the base checkpoint is not installed; as `loadModel` does
 */
export async function openModel(name: string = BASE_MODEL): Promise<FgamModel> {
  if (name !== BASE_MODEL) return loadModel(name);
  if (!existsSync(join(BASE_MODEL_FOLDER, 'config.json'))) {
    throw new FgamError<'fgam/no-model'>(
      'fgam/no-model',
      `${BASE_MODEL}: expected the base checkpoint in ${BASE_MODEL_FOLDER}, found none; name a model folder instead`,
    );
  }
  return loadModel(BASE_MODEL_FOLDER);
}
