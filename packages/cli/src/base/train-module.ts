import { join } from 'node:path';
import type { FgamModel } from '@fgam/models';
import { EVIDENCE_PROMPT } from '@fgam/rectifier';
import { createModelStep, type Step, type TrainingSource } from '@fgam/trainer';
import { type EvidenceFile, writeEvidenceFile } from '../ports/evidence-file.js';
import { openTextCritic } from '../ports/open-text-critic.js';
import { ANSWERS } from '../quickstart/variants.js';
import { partCopyingSource } from '../recipes/copying-sources.js';
import { withoutCaptions } from '../scene-data.js';
import { evidenceSources } from '../train/evidence-sources.js';
import { BASE_MODEL, GROUNDING_MODEL } from '../train/model-names.js';
import { openModel, openNamedModel } from '../train/open-model.js';
import { weightsSha256 } from '../weights-sha256.js';
import type { ModuleRecipe } from './module-recipe.js';
import { refusalScores } from './refusal-scores.js';
import { type ShippedModel, trainShipped, writeRecipe } from './train-shipped.js';

/**
 * Trains the module that reads in words what the grounding checkpoint sees, and writes its fp16 model
 * folder with scores of its refusals of the base checkpoint's first answers to questions about test scenes
 * (`refusalScores`).
 */
export async function trainModule(
  recipe: ModuleRecipe,
  { out, signal }: { readonly out: string; readonly signal: AbortSignal },
): Promise<ShippedModel> {
  const { copying, module, ...common } = recipe;
  const { seed, batchSize, evidence } = common;
  const grounding = await openNamedModel(GROUNDING_MODEL);
  const file: EvidenceFile = {
    ...{ format: 'fgam-evidence', version: 1, prompt: EVIDENCE_PROMPT.name },
    ...(evidence.about === undefined ? {} : { about: evidence.about }),
    ...(evidence.states === undefined ? {} : { states: evidence.states }),
    captions: false,
    grounding: await weightsSha256(grounding.folder),
  };
  const stepOf = (name: string, model: FgamModel, sources: readonly TrainingSource[]): Step =>
    createModelStep({ name, model, sources, weights: ANSWERS, batchSize, seed, readsImages: false });
  const copier = await trainShipped(
    { ...common, ...copying },
    {
      name: 'copying',
      async begin(data) {
        const model = await openModel(BASE_MODEL);
        return { model, step: stepOf('copying', model, [partCopyingSource(data, seed)]) };
      },
      score: () => Promise.resolve({}),
    },
    { out: join(out, 'copying'), signal },
  );
  const folder = join(out, 'module');
  const trained = await trainShipped(
    { ...common, ...module },
    {
      name: 'module',
      async begin(whole) {
        const model = await openModel(copier.model);
        const short = withoutCaptions(whole);
        const config = { seed, evidence: { ...evidence, grounding: GROUNDING_MODEL } };
        return { model, step: stepOf('module', model, await evidenceSources(short, config, model)) };
      },
      score: async (model, data) => {
        const test = await data('test');
        return refusalScores(await openTextCritic({ model, folder }, file, grounding), test, { signal });
      },
    },
    { out: folder, signal },
  );
  await writeEvidenceFile(trained.model, file);
  // Both runs, not the second alone.
  await writeRecipe(trained.model, recipe, trained.scores);
  return trained;
}
