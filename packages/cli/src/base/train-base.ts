import { scoreScenes } from '@fgam/bench';
import { PixelCache } from '@fgam/data';
import { type FgamModel, visionGrid } from '@fgam/models';
import { createModelStep } from '@fgam/trainer';
import { answerQuestions } from '../answer-questions.js';
import { openAnswerer } from '../ports/open-answerer.js';
import type { Family } from '../recipes/families.js';
import { newCompactModel } from '../recipes/new-model.js';
import { instructionSources } from '../recipes/scene-sources.js';
import type { SceneData } from '../scene-data.js';
import type { BaseRecipe } from './base-recipe.js';
import { type ShippedModel, trainShipped } from './train-shipped.js';

/**
 * Trains the base model of the quickstart from random weights, scores it by task and metric on test scenes,
 * and writes its fp16 model folder.
 */
export function trainBase(
  recipe: BaseRecipe,
  { family, ...run }: { readonly out: string; readonly signal: AbortSignal; readonly family?: Family },
): Promise<ShippedModel> {
  const { seed, weights, batchSize, parts, turns } = recipe;
  return trainShipped(
    recipe,
    {
      name: 'base',
      begin(train) {
        const model = newCompactModel({ seed, family });
        const sources = instructionSources(train, { parts, turns });
        const pixels = new PixelCache({ size: visionGrid(model.config).imageSize });
        const step = createModelStep({ name: 'base', model, sources, weights, batchSize, seed, pixels });
        return { model, step };
      },
      score: async (model, data) => scoreModel(model, await data('test'), run.signal),
    },
    run,
  );
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
