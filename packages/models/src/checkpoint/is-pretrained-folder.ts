import { join } from 'node:path';
import { readJsonFile } from './read-json-file.js';

/**
 * True for a folder of the Hugging Face hub, false for one of this package's own models, whose
 * `config.json` has an `fgam` block.
 *
 * @throws FgamError `models/missing-file`, `models/bad-config` where there is no `config.json` to tell by
 */
export async function isPretrainedFolder(folder: string): Promise<boolean> {
  const config = await readJsonFile('loadModel', join(folder, 'config.json'));
  return !(typeof config === 'object' && config !== null && 'fgam' in config);
}
