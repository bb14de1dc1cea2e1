import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type SceneSplit, writeAtomic, writeScenes } from '@fgam/data';
import { type FgamModel, loadModel, saveModel } from '@fgam/models';
import { type Schedule, type Step } from '@fgam/trainer';
import { once } from '../once.js';
import { COMPACT_OPTIMIZER } from '../recipes/optimizer.js';
import { runTraining } from '../run-training.js';
import { readSceneData, type SceneData } from '../scene-data.js';
import { weightsSha256 } from '../weights-sha256.js';

/** What the recipes of shipped checkpoints have in common. */
export interface ShippedRecipe {
  /** Seed of the scenes, and how many each split has. */
  readonly scenes: Readonly<Record<'seed' | SceneSplit, number>>;
  readonly steps: number;
  /** Updates that are done, where the schedule is not run to its end. */
  readonly stopAt?: number;
  readonly schedule: Schedule;
  readonly saveEvery: number;
  readonly logEvery: number;
}

/** A model before its first update, and its updates. */
interface Begun {
  readonly model: FgamModel;
  readonly step: Step;
}

/** A checkpoint that is trained to be shipped. */
export interface ShippedTraining<Scores> {
  readonly name: string;
  /** The model that training begins from, and its updates on training scenes. */
  readonly begin: (train: SceneData) => Begun | Promise<Begun>;
  /** Scores of the rounded weights, which are what is shipped, on scenes that are held out. */
  readonly score: (model: FgamModel, data: (split: SceneSplit) => Promise<SceneData>) => Promise<Scores>;
}

/** What training one came to. */
export interface ShippedModel<Scores = Readonly<Record<string, number>>> {
  /** Model folder. */
  readonly model: string;
  /** Of its weights. */
  readonly sha256: string;
  /** Of the fp16 file on held-out scenes. */
  readonly scores: Scores;
}

/** Writes beside a checkpoint how it was trained, and its scores. */
export function writeRecipe(folder: string, recipe: object, scores: unknown): Promise<void> {
  return writeAtomic(join(folder, 'recipe.json'), `${JSON.stringify({ recipe, scores }, null, 2)}\n`);
}

/** Trains a checkpoint by its recipe, scores it, and writes its fp16 model folder with recipe, scores and log. */
export async function trainShipped<Scores>(
  recipe: ShippedRecipe,
  { name, begin, score }: ShippedTraining<Scores>,
  { out, signal }: { readonly out: string; readonly signal: AbortSignal },
): Promise<ShippedModel<Scores>> {
  const { scenes, steps, stopAt, schedule, saveEvery, logEvery } = recipe;
  const data = async (split: SceneSplit): Promise<SceneData> => {
    const folder = join(out, 'scenes', split);
    await writeScenes({ out: folder, count: scenes[split], seed: scenes.seed, split, signal });
    return readSceneData(folder);
  };
  const { model, step } = await begin(await data('train'));
  const { weights } = await runTraining({
    label: `train: ${name}`,
    step,
    out: join(out, 'training'),
    steps,
    ...(stopAt === undefined ? {} : { stopAt }),
    schedule,
    optimizer: COMPACT_OPTIMIZER,
    saveEvery,
    logEvery,
    signal,
  });
  const folder = join(out, 'model');
  await saveModel(folder, { ...model, weights }, { dtype: 'F16' });
  const sha256 = await weightsSha256(folder);
  const scores = await once(out, 'scores', { sha256, scenes }, async () =>
    score(await loadModel(folder), data),
  );
  await writeRecipe(folder, recipe, scores);
  await copyFile(join(out, 'training', 'metrics.jsonl'), join(folder, 'training-log.jsonl'));
  return { model: folder, sha256, scores };
}
