import { FgamError } from '@fgam/data';
import { type FgamModel, withHeads } from '@fgam/models';
import { GROUNDING_RECIPE } from '../base/grounding-recipe.js';
import { HACL_WIDTH } from '../quickstart/variants.js';
import { newCompactModel } from '../recipes/new-model.js';
import { NEW_MODEL, SMALL_MODEL } from './model-names.js';
import { openModel } from './open-model.js';
import { newShardModel } from './shard-model.js';
import type { TrainConfig } from './train-config.js';
import type { TrainingData } from './training-data.js';

/**
 * The model that a run begins from; what is new of it depends on its data and seed alone, so that a resumed
 * run begins from the same.
 */
export async function trainingModel(
  config: Pick<TrainConfig, 'model' | 'seed' | 'heads' | 'weights'>,
  data: TrainingData,
): Promise<FgamModel> {
  const { heads = {}, seed, weights } = config;
  const model = await openedModel(config, data);
  const needsHacl = (weights.hacl ?? 0) > 0 && model.config.fgam.hacl_embed_dim === undefined;
  const needsBoxes = (weights.detection ?? 0) > 0 && model.config.fgam.box_hidden_size === undefined;
  const wanted = {
    ...(needsHacl ? { hacl_embed_dim: HACL_WIDTH } : {}),
    ...(needsBoxes ? { box_hidden_size: GROUNDING_RECIPE.boxHiddenSize } : {}),
    ...heads,
  };
  return Object.keys(wanted).length === 0 ? model : withHeads(model, wanted, seed);
}

async function openedModel(
  { model, seed }: Pick<TrainConfig, 'model' | 'seed'>,
  data: TrainingData,
): Promise<FgamModel> {
  if (model !== NEW_MODEL && model !== SMALL_MODEL) return openModel(model);
  const isSmall = model === SMALL_MODEL;
  if (data.kind === 'scenes') return newCompactModel({ seed, isSmall });
  if (data.kind === 'trajectories')
    throw new FgamError<'fgam/bad-config'>(
      'fgam/bad-config',
      `model: expected a trained model for a file of trajectories, got ${model}; train one on scenes or shards first`,
    );
  return newShardModel(data.samples, { imageSize: data.imageSize, seed, isSmall });
}
