import { join } from 'node:path';
import { readJsonFile } from './read-json-file.js';

/**
 * True for a folder of the Hugging Face hub, false for one of this package's own models, whose
 * `config.json` has an `fgam` block.
 *
 * @throws FgamError `models/missing-file`, `models/bad-config` where there is no `config.json` to tell by
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { compactConfig, isPretrainedFolder } from '@fgam/models';
 *
 * const folder = await mkdtemp(join(tmpdir(), 'model-'));
 * await writeFile(join(folder, 'config.json'), JSON.stringify({ model_type: 'llava' }));
 * const ofHub = await isPretrainedFolder(folder);
 * await writeFile(join(folder, 'config.json'), JSON.stringify(compactConfig()));
 * const compact = await isPretrainedFolder(folder);
 * if (!ofHub || compact) throw new Error('expected the first alone to be of the hub');
 * ```
 */
export async function isPretrainedFolder(folder: string): Promise<boolean> {
  const config = await readJsonFile('isPretrainedFolder', join(folder, 'config.json'));
  return !(typeof config === 'object' && config !== null && 'fgam' in config);
}
