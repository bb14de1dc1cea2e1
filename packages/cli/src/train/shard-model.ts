import type { FgamModel } from '@fgam/models';
import { newCompactModel, type NewModelOptions } from '../recipes/new-model.js';
import { CAPTION_QUESTION } from './shard-source.js';
import type { ShardImageSample } from './training-data.js';

/**
 * An untrained compact model for shards: its words are those of the given captions, labels and descriptions,
 * and of feedback; its image size is the shards'.
 */
export function newShardModel(
  samples: readonly ShardImageSample[],
  options: Pick<NewModelOptions, 'imageSize' | 'seed' | 'isSmall'>,
): FgamModel {
  const texts = samples.flatMap(({ sample }) => [
    ...(sample.caption === undefined ? [] : [sample.caption]),
    ...sample.regions.flatMap(({ label, description }) => [label, description]),
  ]);
  return newCompactModel({ ...options, texts: [CAPTION_QUESTION, ...texts] });
}
