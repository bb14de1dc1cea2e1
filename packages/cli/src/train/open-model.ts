import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  BASE_MODEL_FOLDER,
  GROUNDING_MODEL_FOLDER,
  IMAGE_MODULE_MODEL_FOLDER,
  MINIGPT4_MODEL_FOLDER,
  MODULE_MODEL_FOLDER,
} from '@fgam/base-compact';
import { FgamError } from '@fgam/data';
import { type FgamModel, loadModel } from '@fgam/models';
import {
  BASE_MODEL,
  GROUNDING_MODEL,
  IMAGE_MODULE_MODEL,
  MINIGPT4_MODEL,
  MODULE_MODEL,
} from './model-names.js';

const SHIPPED = new Map([
  [BASE_MODEL, BASE_MODEL_FOLDER],
  [MINIGPT4_MODEL, MINIGPT4_MODEL_FOLDER],
  [GROUNDING_MODEL, GROUNDING_MODEL_FOLDER],
  [MODULE_MODEL, MODULE_MODEL_FOLDER],
  [IMAGE_MODULE_MODEL, IMAGE_MODULE_MODEL_FOLDER],
]);

/**
 * The folder of a model by its name; `compact-base`, `compact-minigpt4`, `compact-grounding`,
 * `compact-module` and `compact-image-module` are the shipped checkpoints.
 *
 * @throws FgamError `fgam/no-model` where a shipped checkpoint is not installed
 */
export function modelFolder(name: string): string {
  const folder = SHIPPED.get(name);
  if (folder === undefined) return name;
  if (existsSync(join(folder, 'config.json'))) return folder;
  throw new FgamError<'fgam/no-model'>(
    'fgam/no-model',
    `${name}: expected a checkpoint in ${folder}, found none; name a model folder instead`,
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
