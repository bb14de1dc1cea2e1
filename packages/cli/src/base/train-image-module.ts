import { join } from 'node:path';
import type { Weights } from '@fgam/compile';
import { PixelCache, writeScenes } from '@fgam/data';
import { type FgamModel, visionGrid } from '@fgam/models';
import { createModelStep, type Step, type TrainingSource } from '@fgam/trainer';
import { ANSWERS } from '../quickstart/variants.js';
import { instructionSources } from '../recipes/scene-sources.js';
import { writeModuleFile } from '../ports/module-file.js';
import { openModelCritic } from '../ports/open-critic.js';
import { BASE_MODEL, GROUNDING_MODEL, MODULE_MODEL } from '../train/model-names.js';
import { readSceneData } from '../scene-data.js';
import { openModel } from '../train/open-model.js';
import { rmSources, statementSources } from '../train/scene-corrections.js';
import type { ImageModuleRecipe, StatingRun } from './image-module-recipe.js';
import { refusalScores } from './refusal-scores.js';
import { type ShippedModel, trainShipped, writeRecipe } from './train-shipped.js';

/**
 * Trains the module that reads images, and writes its fp16 model folder with scores of its refusals of the base
 * checkpoint's first answers to questions about test scenes, captions among them (`refusalScores`).
 */
export async function trainImageModule(
  recipe: ImageModuleRecipe,
  { out, signal }: { readonly out: string; readonly signal: AbortSignal },
): Promise<ShippedModel> {
  const { seeing, stating, ...common } = recipe;
  const { seed, batchSize, parts } = common;
  const stepOf = (name: string, model: FgamModel, sources: readonly TrainingSource[]): Step => {
    const pixels = new PixelCache({ size: visionGrid(model.config).imageSize });
    return createModelStep({ name, model, sources, weights: ANSWERS, batchSize, seed, pixels });
  };
  const seer = await trainShipped(
    { ...common, ...seeing },
    {
      name: 'seeing',
      async begin(data) {
        const model = await seeingModule();
        const { statements, ...turns } = seeing.turns;
        const stated = { states: true, turns: { questions: statements, captions: 0 } };
        const sources = [
          ...instructionSources(data, { parts, turns }),
          ...(await rmSources(data, { seed }, stated)),
        ];
        return { model, step: stepOf('seeing', model, sources) };
      },
      score: () => Promise.resolve({}),
    },
    { out: join(out, 'seeing'), signal },
  );
  let trained: ShippedModel = seer;
  for (const [at, { name, turns, further, ...run }] of stating.entries()) {
    const from = trained.model;
    const isLast = at === stating.length - 1;
    const folder = join(out, name);
    trained = await trainShipped(
      { ...common, ...run },
      {
        name,
        async begin(data) {
          const model = await openModel(from);
          const sources = [
            ...statementSources(data, { seed }, { turns, parts }),
            ...(further === undefined ? [] : await furtherSource(name, further, common, { folder, signal })),
          ];
          return { model, step: stepOf(name, model, sources) };
        },
        score: async (model, data) =>
          isLast
            ? refusalScores(openModelCritic(model, { states: true, describes: true }), await data('test'), {
                captions: true,
                signal,
              })
            : {},
      },
      { out: folder, signal },
    );
  }
  await writeModuleFile(trained.model, { describes: true });
  await writeRecipe(trained.model, recipe, trained.scores);
  return trained;
}

/** Statements of further questions about the training scenes, by the name of their run. */
async function furtherSource(
  name: string,
  { questions, turns }: NonNullable<StatingRun['further']>,
  { scenes, seed, parts }: Pick<ImageModuleRecipe, 'scenes' | 'seed' | 'parts'>,
  { folder, signal }: { readonly folder: string; readonly signal: AbortSignal },
): Promise<TrainingSource[]> {
  const out = join(folder, 'scenes', 'further');
  await writeScenes({ out, count: scenes.train, seed: scenes.seed, split: 'train', questions, signal });
  const stated = { turns: { questions: 0, captions: 0, statements: turns }, parts };
  return statementSources(await readSceneData(out), { seed }, stated).map((source) => ({ ...source, name }));
}

/** Parts of a model, by the beginnings of their weights' names. */
const VISION = 'vision_tower.';
const CONNECTOR = 'multi_modal_projector.';

/**
 * The vision side of the grounding checkpoint without its detection head, the base's connector, and all else of
 * the module that reads evidence: three shipped models of the same widths and words.
 */
async function seeingModule(): Promise<FgamModel> {
  const seeing = await openModel(GROUNDING_MODEL);
  const base = await openModel(BASE_MODEL);
  const { tokenizer, weights } = await openModel(MODULE_MODEL);
  const fgam = { ...seeing.config.fgam };
  delete fgam.box_hidden_size;
  return {
    config: { ...seeing.config, fgam },
    tokenizer,
    weights: {
      ...weightsWhere(weights, (name) => !name.startsWith(VISION) && !name.startsWith(CONNECTOR)),
      ...weightsWhere(seeing.weights, (name) => name.startsWith(VISION)),
      ...weightsWhere(base.weights, (name) => name.startsWith(CONNECTOR)),
    },
  };
}

function weightsWhere(weights: Weights, isWanted: (name: string) => boolean): Weights {
  return Object.fromEntries(Object.entries(weights).filter(([name]) => isWanted(name)));
}
