import { join } from 'node:path';
import { FgamError, readJson } from '@fgam/data';
import { KNOWN_CONFIGS } from './known-configs.js';

/**
 * The config of a model by its name, or of a folder.
 *
 * @throws FgamError `fgam/bad-plan` for a config that is no object; `data/missing-file`, naming the
 * file, where there is neither
 */
export async function planConfig(model: string): Promise<Readonly<Record<string, unknown>>> {
  const config: unknown = KNOWN_CONFIGS[model] ?? (await readJson(join(model, 'config.json')));
  if (typeof config === 'object' && config !== null && !Array.isArray(config)) return { ...config };
  throw new FgamError<'fgam/bad-plan'>('fgam/bad-plan', `${model}: expected config.json to hold an object`);
}
