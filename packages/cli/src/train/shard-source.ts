import { formatPrompt, type PromptOptions } from '@fgam/rectifier';
import type { TrainingExample, TrainingSource } from '@fgam/trainer';
import type { ShardImageSample } from './training-data.js';

/** What a caption answers: the question of scenes' captions. */
export const CAPTION_QUESTION = 'describe the image .';

/** Rows are as long as the longest caption, in steps of the first number and up to the second. */
const ROW_UNIT = 32;
const LONGEST_ROW = 256;

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
  let longest = 0;
  let longCaptions = 0;
  for (const { prompt, answer } of examples.flatMap(({ segments }) => segments)) {
    // The last token of a row's text is <eos>.
    const tokens = encode(answer).length + encode(prompt).length + 1;
    if (tokens > LONGEST_ROW) longCaptions += 1;
    else longest = Math.max(longest, tokens);
  }
  const length = Math.max(1, Math.ceil(longest / ROW_UNIT)) * ROW_UNIT;
  return { source: { name: 'images', examples, length }, longCaptions };
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
