import { join } from 'node:path';
import { fileSha256 } from '@fgam/trainer';
import { existenceOn, openGroundedCritic, openModelCritic, openOracleCritic } from '../ports/open-critic.js';
import { openShuffledOracle } from '../ports/open-shuffled-oracle.js';
import type { SceneData } from '../scene-data.js';
import type { EvaluateLoopOptions } from './evaluate.js';
import type { QuickstartScenes } from './scenes.js';
import type { TrainedVariant } from './train-variants.js';

/** Whose feedback a loop goes by. `shuffled`: the oracle's verdicts with feedback on other questions. */
export const CRITIC_KINDS = ['module', 'grounded', 'oracle', 'shuffled'] as const;

/** A critic of a variant. */
export type CriticKind = (typeof CRITIC_KINDS)[number];

/** A critic as evaluation opens it. */
export interface VariantCritic extends Pick<EvaluateLoopOptions, 'criticName' | 'criticHash' | 'openCritic'> {
  readonly criticKind: CriticKind;
}

/** Whether a critic sees the truth: it is a bound then, and no result. */
export function seesTruth(kind: CriticKind): boolean {
  return kind === 'oracle' || kind === 'shuffled';
}

/** The rectification module that was trained beside a variant. */
export async function moduleCritic({ critic }: TrainedVariant): Promise<VariantCritic> {
  return {
    criticName: 'rectification module',
    criticKind: 'module',
    criticHash: await hashOf(critic.checkpoint),
    openCritic: () => openModelCritic(critic.model),
  };
}

/** The critic by a variant's own stage 1, with its threshold of existence from validation scenes. */
export async function groundedCritic(
  { model, checkpoint }: TrainedVariant,
  { validation }: Pick<QuickstartScenes, 'validation'>,
  signal: AbortSignal,
): Promise<VariantCritic> {
  return {
    criticName: 'grounded critic',
    criticKind: 'grounded',
    criticHash: await hashOf(checkpoint),
    openCritic: () => openGroundedCritic(model, existenceOn(validation, signal)),
  };
}

/** The critic that knows the scenes' truth. */
export function oracleCritic(data: SceneData): VariantCritic {
  return {
    criticName: 'oracle',
    criticHash: 'truth',
    criticKind: 'oracle',
    openCritic: () => openOracleCritic(data),
  };
}

/** The critic that knows what is wrong, and tells what is wrong elsewhere. */
export function shuffledOracle(data: SceneData, seed: number): VariantCritic {
  return {
    criticName: 'shuffled oracle',
    criticHash: `truth of others, ${seed}`,
    criticKind: 'shuffled',
    openCritic: () => openShuffledOracle(data, seed),
  };
}

function hashOf(folder: string): Promise<string> {
  return fileSha256(join(folder, 'model.safetensors'));
}
