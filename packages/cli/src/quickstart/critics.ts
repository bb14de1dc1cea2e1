import {
  existenceOn,
  openGroundedCritic,
  openModelCritic,
  openModuleCritic,
  openOracleCritic,
} from '../ports/open-critic.js';
import { openModule, TEXT } from '../ports/open-module.js';
import { openShuffledOracle } from '../ports/open-shuffled-oracle.js';
import type { SceneData } from '../scene-data.js';
import { GROUNDING_MODEL, IMAGE_MODULE_MODEL, MODULE_MODEL } from '../train/model-names.js';
import { openNamedModel } from '../train/open-model.js';
import { weightsSha256 } from '../weights-sha256.js';
import type { EvaluateLoopOptions } from './evaluate.js';
import type { QuickstartScenes } from './scenes.js';
import { moduleOf, type TrainedVariant } from './train-variants.js';

/**
 * Whose feedback a loop goes by. `module`: the one trained beside a variant, which reads images;
 * `image`: the shipped one that reads images; `text`: the shipped one that reads evidence in words;
 * `shuffled`: the oracle's verdicts with feedback on other questions.
 */
export const CRITIC_KINDS = ['module', 'image', 'text', 'grounded', 'oracle', 'shuffled'] as const;

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
export async function moduleCritic(trained: TrainedVariant): Promise<VariantCritic> {
  const critic = moduleOf(trained);
  return {
    criticName: 'rectification module',
    criticKind: 'module',
    criticHash: await weightsSha256(critic.checkpoint),
    openCritic: () => openModelCritic(critic.model),
  };
}

/**
 * The critic by the shipped grounding checkpoint, a detector and stage 1's region-text similarity, which
 * stands to compact models as Grounding DINO does to large ones: the same for every variant, with its
 * threshold of existence from validation scenes.
 */
export async function groundedCritic(
  { validation }: Pick<QuickstartScenes, 'validation'>,
  signal: AbortSignal,
): Promise<VariantCritic> {
  const { model, folder } = await openNamedModel(GROUNDING_MODEL);
  return {
    criticName: 'grounded critic',
    criticKind: 'grounded',
    criticHash: await weightsSha256(folder),
    openCritic: () => openGroundedCritic(model, existenceOn(validation, signal)),
  };
}

/** The shipped module that reads in words what the shipped grounding checkpoint sees: the same for every variant. */
export async function textCritic(): Promise<VariantCritic> {
  const [module, grounding] = await Promise.all([
    openModule(`${TEXT}${MODULE_MODEL}`),
    openNamedModel(GROUNDING_MODEL),
  ]);
  return {
    criticName: 'text module',
    criticKind: 'text',
    criticHash: `${await weightsSha256(module.folder)}, ${await weightsSha256(grounding.folder)}`,
    openCritic: async () => openModuleCritic(module, grounding),
  };
}

/** The shipped module that reads images: the same for every variant. */
export async function imageCritic(): Promise<VariantCritic> {
  const module = await openModule(IMAGE_MODULE_MODEL);
  return {
    criticName: 'image module',
    criticKind: 'image',
    criticHash: `${await weightsSha256(module.folder)}, states: ${module.states}, describes: ${module.describes}`,
    openCritic: async () => openModuleCritic(module, undefined),
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
