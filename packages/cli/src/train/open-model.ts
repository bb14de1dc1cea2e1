import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BASE_MODEL_FOLDER } from '@fgam/base-compact';
import { FgamError } from '@fgam/data';
import { type FgamModel, loadModel } from '@fgam/models';
import { BASE_MODEL } from './model-names.js';

/**
 * The folder of a model by its name; `compact-base` is the shipped base checkpoint.
 *
 * @throws FgamError `fgam/no-model` where the base checkpoint is not installed
 */
export function modelFolder(name: string): string {
  if (name !== BASE_MODEL) return name;
  if (existsSync(join(BASE_MODEL_FOLDER, 'config.json'))) return BASE_MODEL_FOLDER;
  throw new FgamError<'fgam/no-model'>(
    'fgam/no-model',
    `${BASE_MODEL}: expected the base checkpoint in ${BASE_MODEL_FOLDER}, found none; name a model folder instead`,
  );
}

/** A model with the folder that it was read from. */
export interface NamedModel {
  readonly model: FgamModel;
  readonly folder: string;
}

/** A model by its folder or name, with that folder. @throws FgamError as {@link modelFolder} and `loadModel` do */
export async function openNamedModel(name: string): Promise<NamedModel> {
  const folder = modelFolder(name);
  return { model: await loadModel(folder), folder };
}

/** A model by its folder or name. @throws FgamError as {@link modelFolder} and `loadModel` do */
export async function openModel(name: string = BASE_MODEL): Promise<FgamModel> {
  return (await openNamedModel(name)).model;
}
