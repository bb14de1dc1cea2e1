import type { FgamModel } from '@fgam/models';
import { newCompactModel } from '../recipes/new-model.js';
import { NEW_MODEL } from './model-names.js';
import { openModel } from './open-model.js';
import { newShardModel } from './shard-model.js';
import type { TrainConfig } from './train-config.js';
import type { TrainingData } from './training-data.js';

/** The model that a run begins from; a new one depends on its data and seed alone, so that a resumed run begins from the same. */
export async function trainingModel(
  { model, seed }: Pick<TrainConfig, 'model' | 'seed'>,
  data: TrainingData,
): Promise<FgamModel> {
  if (model !== NEW_MODEL) return openModel(model);
  if (data.kind === 'scenes') return newCompactModel({ seed });
  return newShardModel(data.samples, { imageSize: data.imageSize, seed });
}
