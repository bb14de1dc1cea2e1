import type { HostTensor } from '@fgam/compile';
import { cacheTokens, createRandom } from '@fgam/data';
import { captionBatch } from './caption-batch.js';
import type { TrainingExample } from './training-source.js';

/** HACL in the training of a checkpoint. */
export interface HaclOptions {
  /** What the contrast counts beside the answers' cross-entropy. There is no default, as the authors' code has none. */
  readonly alpha: number;
  /** Width of the space in which images and texts are compared. Default 256, which is ours. */
  readonly embedDim?: number;
  /** Wrong captions of each image at a visit, drawn anew each time. Default 1. */
  readonly wrongCaptions?: number;
}

type Captioned = Pick<TrainingExample, 'sample' | 'wrongCaptions'>;

/** Tokens of a caption; longer ones are cut. */
const MOST_TOKENS = 64;

/** Wrong captions of an image in the order of an update. */
export function shuffledWrongCaptions(
  { wrongCaptions = [] }: Captioned,
  { id, seed, step }: { readonly id: string; readonly seed: number; readonly step: number },
): string[] {
  return createRandom(`wrong-captions/${seed}/${step}/${id}`).shuffle(wrongCaptions);
}

/**
 * The captions of an update's images as inputs of `haclLoss`, all of one length, so that batches
 * are one graph. A caption that a batch has twice stands for an image once, as equal ones would
 * be each other's negatives.
 *
 * @param all - every example that an update may have
 * @returns for the examples of an update of this number
 */
export function createHaclCaptions(
  all: readonly Captioned[],
  options: {
    readonly encode: (text: string) => readonly number[];
    /** Wrong captions of an image. */
    readonly count: number;
    readonly seed: number;
  },
): (examples: readonly Captioned[], step: number) => Record<string, HostTensor> {
  const { count, seed } = options;
  const encode = cacheTokens((text) => options.encode(text));
  const texts = all.flatMap(({ sample, wrongCaptions = [] }) => [sample?.caption ?? '', ...wrongCaptions]);
  const longest = [...new Set(texts)].reduce((most, text) => Math.max(most, encode(text).length), 1);
  const length = Math.min(MOST_TOKENS, longest);
  return (examples, step) => {
    const seen = new Set<string>();
    const rows = examples.map((example) => {
      const { sample } = example;
      const caption = sample?.caption;
      if (sample === undefined || caption === undefined || seen.has(caption)) return {};
      seen.add(caption);
      const drawn = shuffledWrongCaptions(example, { id: sample.id, seed, step });
      return { captionIds: encode(caption), wrongCaptionIds: drawn.slice(0, count).map(encode) };
    });
    return captionBatch(rows, { length, count });
  };
}
