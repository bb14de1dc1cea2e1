import { formatPrompt, type PromptOptions } from '@fgam/rectifier';
import type { TrainingExample, TrainingSource } from '@fgam/trainer';
import { LONGEST_ROW, rowLength, segmentTokens } from './row-length.js';
import type { ShardImageSample } from './training-data.js';

/** What a caption answers: the question of scenes' captions. */
export const CAPTION_QUESTION = 'describe the image .';

/** A source of annotated images, and how many captions were too long for its rows. */
export interface ShardSource {
  readonly source: TrainingSource;
  readonly longCaptions: number;
}

/** The images of shards as training rows: regions, captions to be contrasted, and captions to be written. */
export function shardSource(
  samples: readonly ShardImageSample[],
  encode: (text: string) => readonly number[],
): ShardSource {
  const examples = captionExamples(samples);
  const tokens = examples.flatMap(({ segments }) => segments.map((each) => segmentTokens(each, encode)));
  return {
    source: { name: 'images', examples, length: rowLength(tokens) },
    longCaptions: tokens.filter((each) => each > LONGEST_ROW).length,
  };
}

/** Images with their captions to be written; those without one have no segment. */
export function captionExamples(
  samples: readonly ShardImageSample[],
  prompts: PromptOptions = {},
): (TrainingExample & Required<Pick<TrainingExample, 'segments'>>)[] {
  const prompt = formatPrompt(CAPTION_QUESTION, undefined, prompts);
  return samples.map(({ sample, image }) => ({
    image,
    sample,
    segments: sample.caption === undefined ? [] : [{ prompt, answer: sample.caption }],
  }));
}
