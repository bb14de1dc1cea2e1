import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { scoreScenes } from '@fgam/bench';
import { PixelCache, type SceneSplit, writeScenes, writeAtomic } from '@fgam/data';
import { type FgamModel, loadModel, saveModel, visionGrid } from '@fgam/models';
import { createModelStep, fileSha256 } from '@fgam/trainer';
import { answerQuestions } from '../answer-questions.js';
import { once } from '../once.js';
import { openAnswerer } from '../ports/open-answerer.js';
import type { Family } from '../recipes/families.js';
import { newCompactModel } from '../recipes/new-model.js';
import { COMPACT_OPTIMIZER } from '../recipes/optimizer.js';
import { instructionSources } from '../recipes/scene-sources.js';
import { runTraining } from '../run-training.js';
import { readSceneData, type SceneData } from '../scene-data.js';
import type { BaseRecipe } from './base-recipe.js';

/** What training the base came to. */
export interface TrainBaseResult {
  /** Model folder. */
  readonly model: string;
  readonly sha256: string;
  /** Scores of the fp16 file on held-out test scenes, by task and metric. */
  readonly scores: Readonly<Record<string, number>>;
}

/** Trains the base model of the quickstart from random weights, scores it on held-out scenes, and writes its fp16 model folder. */
export async function trainBase(
  recipe: BaseRecipe,
  { out, signal, family }: { readonly out: string; readonly signal: AbortSignal; readonly family?: Family },
): Promise<TrainBaseResult> {
  const { scenes, seed, weights, batchSize, parts, turns } = recipe;
  const data = async (split: SceneSplit): Promise<SceneData> => {
    const folder = join(out, 'scenes', split);
    await writeScenes({ out: folder, count: scenes[split], seed: scenes.seed, split, signal });
    return readSceneData(folder);
  };
  const model = newCompactModel({ seed, family });
  const sources = instructionSources(await data('train'), { parts, turns });
  const pixels = new PixelCache({ size: visionGrid(model.config).imageSize });
  const trained = await runTraining({
    label: 'train: base',
    step: createModelStep({ name: 'base', model, sources, weights, batchSize, seed, pixels }),
    out: join(out, 'training'),
    steps: recipe.steps,
    stopAt: recipe.stopAt,
    schedule: recipe.schedule,
    optimizer: COMPACT_OPTIMIZER,
    saveEvery: recipe.saveEvery,
    logEvery: recipe.logEvery,
    signal,
  });
  const folder = join(out, 'model');
  await saveModel(folder, { ...model, weights: trained.weights }, { dtype: 'F16' });
  // What is scored is what is shipped: the rounded weights.
  const sha256 = await fileSha256(join(folder, 'model.safetensors'));
  const scores = await once(out, 'scores', { sha256, scenes }, async () =>
    scoreModel(await loadModel(folder), await data('test'), signal),
  );
  await writeAtomic(join(folder, 'recipe.json'), `${JSON.stringify({ recipe, scores }, null, 2)}\n`);
  await copyFile(join(out, 'training', 'metrics.jsonl'), join(folder, 'training-log.jsonl'));
  return { model: folder, sha256, scores };
}

async function scoreModel(
  model: FgamModel,
  data: SceneData,
  signal: AbortSignal,
): Promise<Record<string, number>> {
  const answerer = openAnswerer(model);
  try {
    const { questions, samples } = data;
    const predictions = await answerQuestions(answerer, data, questions, { signal });
    const { scores } = scoreScenes({ questions, samples, predictions, allowMissing: true });
    // JSON has no NaN: what can't be divided is left out.
    return Object.fromEntries(
      scores
        .filter(({ value }) => Number.isFinite(value))
        .map(({ task, metric, value }) => [`${task}.${metric}`, Number(value.toFixed(4))]),
    );
  } finally {
    await answerer.dispose();
  }
}
