import { stat } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { readSafetensors } from '@fgam/compile';
import { isFgamError, writeScenes } from '@fgam/data';
import { loadModel, saveModel } from '@fgam/models';
import { lastCheckpoint, readMetrics, withoutValueHead } from '@fgam/trainer';
import { recordHash } from '../once.js';
import { say } from '../output.js';
import { TEXT } from '../ports/open-module.js';
import { withProgress } from '../progress.js';
import { folderName } from '../quickstart/folder-name.js';
import { moduleOf, type TrainedVariant } from '../quickstart/train-variants.js';
import type { Variant } from '../quickstart/variants.js';
import { COMPACT_OPTIMIZER } from '../recipes/optimizer.js';
import { GROUNDING_MODEL, IMAGE_MODULE_MODEL, MODULE_MODEL } from '../train/model-names.js';
import { ORACLE_REWARD } from '../train/rl-config.js';
import { firstAndLast, type FirstAndLast, REWARD_VERSION, runRl } from '../train/run-rl.js';
import type { PaperScale } from './paper-scale.js';

/**
 * What a response is worth to PPO: by the row's rectification module, by the shipped grounding checkpoint, or
 * by the truth of the training scenes.
 */
export const REWARDS = ['module', 'grounded', 'oracle'] as const;

/** One of them. */
export type Reward = (typeof REWARDS)[number];

/**
 * Critics that can watch a reward, by name, and what `fgam train rl` calls them: shipped modules, which no row's
 * PPO goes by.
 */
export const AUDITORS = { text: `${TEXT}${MODULE_MODEL}`, image: IMAGE_MODULE_MODEL } as const;

/** One of them. */
export type Auditor = keyof typeof AUDITORS;

/** What {@link reinforce} takes. */
export interface ReinforceOptions {
  /** Where PPO begins. */
  readonly from: TrainedVariant;
  readonly variant: Variant;
  readonly reward: Reward;
  /** Who judges the final responses beside the reward: where the two part, an alarm ends the run. */
  readonly auditor?: Auditor | undefined;
  readonly scale: PaperScale;
  readonly seed: number;
  /** Folder of the seed's run, which holds its scenes. */
  readonly out: string;
  readonly signal: AbortSignal;
}

/** A variant that PPO made. */
export interface Reinforced extends TrainedVariant {
  /** Why PPO ended early, if it did; paths are below the run's folder, as results are read elsewhere too. */
  readonly alarm?: string;
  /** With an auditor: share of the final responses that it judges otherwise than the reward. */
  readonly disagreement?: FirstAndLast;
}

/** Offset of the seed for scenes that no other part of a run uses. */
const OTHER_SEED = 10_000;
/** Share of the updates that warm up. */
const WARMUP = 0.1;

/**
 * Goes on from a trained variant by PPO on training questions. Where an alarm of reward hacking ends it, the
 * row has the weights of the iteration before the one that gave the alarm.
 */
export async function reinforce(options: ReinforceOptions): Promise<Reinforced> {
  const { from, variant, reward, auditor, scale, seed, signal } = options;
  const { steps, learningRate, scenes, kinds, credit, roundDiscount, questionsPerRow, ...settings } =
    scale.ppo;
  // Other settings are another run: what they begin from is not trained again for them.
  const judges = auditor === undefined ? reward : `${reward} watched by ${auditor}`;
  const run = `${variant.name} by ${judges} ${recordHash({ ...scale.ppo, version: REWARD_VERSION }).slice(0, 8)}`;
  const out = join(options.out, 'training', folderName(run));
  const saveEvery = Math.floor(settings.questions / settings.minibatch) * settings.epochs;
  const critic =
    reward === 'module'
      ? moduleOf(from).folder
      : { grounded: GROUNDING_MODEL, oracle: ORACLE_REWARD }[reward];
  try {
    const {
      model: folder,
      checkpoint,
      disagreement,
    } = await runRl(
      {
        ...settings,
        data: await trainingScenes(options, scenes),
        model: from.folder,
        out,
        seed,
        steps,
        schedule: { learningRate, warmup: Math.round(steps * WARMUP) },
        optimizer: COMPACT_OPTIMIZER,
        critic,
        ...(auditor === undefined ? {} : { auditor: AUDITORS[auditor] }),
        saveEvery,
        ...(kinds === undefined ? {} : { kinds }),
        ...(credit === undefined ? {} : { credit }),
        ...(roundDiscount === undefined ? {} : { roundDiscount }),
        ...(questionsPerRow === undefined ? {} : { questionsPerRow }),
      },
      { resume: true, signal },
    );
    return {
      ...{ ...from, variant, model: await loadModel(folder), checkpoint, folder },
      ...(disagreement === undefined ? {} : { disagreement }),
    };
  } catch (error) {
    if (!isFgamError(error) || error.code !== 'trainer/reward-hacking') throw error;
    say(`${variant.name}: ${error.message}`);
    const disagreement = firstAndLast(await readMetrics(join(out, 'metrics.jsonl')), 'disagreement');
    return {
      ...(await beforeAlarm(options, out, saveEvery)),
      ...(disagreement === undefined ? {} : { disagreement }),
      alarm: error.message.replaceAll(join(options.out, sep), ''),
    };
  }
}

/** Folder of the scenes that are asked about: those of instruction tuning, or so many others. */
async function trainingScenes({ out, seed, signal }: ReinforceOptions, count?: number): Promise<string> {
  if (count === undefined) return join(out, 'scenes', 'train');
  const folder = join(out, 'scenes', 'reinforcement');
  await withProgress('scenes: reinforcement', count, (onProgress) =>
    writeScenes({ out: folder, count, seed: OTHER_SEED + seed, split: 'train', signal, onProgress }),
  );
  return folder;
}

/** The row as it was before the iteration whose trajectories gave the alarm. */
async function beforeAlarm(
  { from, variant }: ReinforceOptions,
  out: string,
  saveEvery: number,
): Promise<TrainedVariant> {
  const last = await lastCheckpoint(out);
  if (last === undefined) return { ...from, variant };
  const step = Number(basename(last).slice('step-'.length));
  const checkpoint = join(dirname(last), `step-${step - saveEvery}`);
  const isThere = await stat(checkpoint).then(
    () => true,
    () => false,
  );
  if (!isThere) return { ...from, variant };
  const { weights } = await readSafetensors(join(checkpoint, 'model.safetensors'));
  const model = { ...from.model, weights: withoutValueHead(weights) };
  const folder = join(out, 'model');
  await saveModel(folder, model);
  return { ...from, variant, model, checkpoint, folder };
}
