import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isPretrainedFolder } from '@fgam/models';
import { isModelName } from './model-names.js';

/** Whether the model of a config is a folder of the Hugging Face hub; one that is not there yet is none. */
export async function isHubFolder(model: string): Promise<boolean> {
  return !isModelName(model) && existsSync(join(model, 'config.json')) && (await isPretrainedFolder(model));
}
