import {
  compactConfig,
  createTokenizer,
  createWeights,
  type FgamModel,
  vocabularyFromTexts,
} from '@fgam/models';
import { feedbackWords } from '@fgam/rectifier';
import { CAPTION_QUESTION } from './shard-source.js';
import type { ShardImageSample } from './training-data.js';

/** The vocabulary is padded to a multiple of this, which matrix products like. */
const VOCABULARY_UNIT = 8;
/** Side of the images that the compact model reads where the shards do not say. */
const IMAGE_SIZE = 64;

/**
 * An untrained compact model for shards: its words are those of the given captions, labels and descriptions, and of feedback; its
 * image size is the shards'.
 */
export function newShardModel(
  samples: readonly ShardImageSample[],
  { imageSize = IMAGE_SIZE, seed }: { readonly imageSize?: number | undefined; readonly seed: number },
): FgamModel {
  const texts = samples.flatMap(({ sample }) => [
    ...(sample.caption === undefined ? [] : [sample.caption]),
    ...sample.regions.flatMap(({ label, description }) => [label, description]),
  ]);
  const tokenizer = createTokenizer(vocabularyFromTexts([CAPTION_QUESTION, ...texts, ...feedbackWords()]));
  const size = Math.ceil(tokenizer.size / VOCABULARY_UNIT) * VOCABULARY_UNIT;
  const config = compactConfig({
    vision_config: { image_size: imageSize },
    text_config: { vocab_size: size },
  });
  return { config, tokenizer, weights: createWeights(config, seed) };
}
