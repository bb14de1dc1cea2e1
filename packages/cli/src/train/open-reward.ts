import { FgamError } from '@fgam/data';
import {
  GROUNDED,
  type OpenCritic,
  openModuleCritic,
  openOracleCritic,
  openRewardCritic,
} from '../ports/open-critic.js';
import { groundingFor, openModule, type OpenModule, TEXT } from '../ports/open-module.js';
import type { SceneData } from '../scene-data.js';
import { weightsSha256 } from '../weights-sha256.js';
import { MODULE_MODEL } from './model-names.js';
import { modelFolder, type NamedModel } from './open-model.js';
import { ORACLE_REWARD, type RlConfig } from './rl-config.js';

/** The setting that names a critic. */
type Key = 'critic' | 'auditor';

/** Opens what a run goes by: the oracle, or what the answering model or another tells. */
export async function openReward(
  key: Key,
  name: string,
  data: SceneData,
  answering: NamedModel | undefined,
): Promise<OpenCritic> {
  if (name === ORACLE_REWARD) return openOracleCritic(data);
  if (answering !== undefined) return openRewardCritic(name, answering);
  const module = await openModule(name);
  return openModuleCritic(module, await groundingBeside(key, module));
}

/**
 * Opens no more of it than tells what is amiss.
 *
 * @throws FgamError as {@link openReward}
 */
export async function checkReward(key: Key, { adapter, ...config }: RlConfig): Promise<void> {
  const name = config[key];
  if (name === undefined || name === ORACLE_REWARD || name === GROUNDED) return;
  const module = await openModule(name);
  if (adapter !== undefined) await groundingBeside(key, module);
}

/**
 * Who looks at the images of a module beside a model of the Hugging Face hub, which can't.
 *
 * @throws FgamError `fgam/bad-config` for a module of evidence that was not trained on the shipped model's
 */
async function groundingBeside(key: Key, module: OpenModule): Promise<NamedModel | undefined> {
  const grounding = await groundingFor(module);
  if (module.evidence === undefined || grounding !== undefined) return grounding;
  throw new FgamError<'fgam/bad-config'>(
    'fgam/bad-config',
    `${key}: expected a module trained on the evidence of compact-grounding beside a model of the Hugging Face hub, which has no region-text heads, got ${TEXT}${module.folder}; take ${TEXT}${MODULE_MODEL}, or train one with compact-grounding as evidence.grounding`,
  );
}

/** What the reward is, wherever its folder is moved. */
export function identityOfReward(name: string): Promise<string> | string {
  if (name === ORACLE_REWARD || name === GROUNDED) return name;
  return weightsSha256(modelFolder(name.startsWith(TEXT) ? name.slice(TEXT.length) : name));
}
