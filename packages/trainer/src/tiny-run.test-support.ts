import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FgamModel } from '@fgam/models';
import { createModelStep } from './model-step.js';
import type { Step } from './step.js';
import type { TrainingExample } from './training-source.js';
import { createTinyModel, saveColour } from './tiny-model.test-support.js';

/** What the tiny model has words for. */
export const WORDS = ['is there a dot ?', 'describe the image .', 'yes no', 'a red dot', 'a blue dot'];

/** A model of a few thousand parameters, and five images of one colour each with two regions that say so. */
export interface TinyRun {
  readonly folder: string;
  readonly model: FgamModel;
  readonly examples: readonly TrainingExample[];
}

/** A step of all parts of the loss on them, two rows a batch unless it is told otherwise. */
export function tinyStep(
  { model, examples }: Pick<TinyRun, 'model' | 'examples'>,
  more: { readonly seed?: number; readonly batchSize?: number } = {},
): Step {
  return createModelStep({
    name: 'test',
    model,
    sources: [{ name: 'all', examples, length: 16, blockLength: 16 }],
    weights: { tokens: 1, global: 1, regionText: 0.2, spatial: 0.1 },
    batchSize: 2,
    seed: 3,
    maxRegions: 2,
    ...more,
  });
}

/** Makes them in a new folder. */
export async function createTinyRun(): Promise<TinyRun> {
  const folder = await mkdtemp(join(tmpdir(), 'fgam-train-'));
  const model = createTinyModel(WORDS);
  const examples = await Promise.all(
    ['red', 'blue', 'red', 'blue', 'red'].map(async (colour, index): Promise<TrainingExample> => {
      const image = await saveColour(join(folder, `${index}.png`), colour);
      const box = (x0: number) => ({ x0, y0: 0, x1: x0 + 0.5, y1: 1 });
      const region = (id: string, x0: number) => ({
        id,
        box: box(x0),
        label: 'dot',
        description: `a ${colour} dot`,
        source: 'test',
      });
      const caption = `a ${colour} dot`;
      return {
        image,
        wrongCaptions: [`a ${colour === 'red' ? 'blue' : 'red'} dot`],
        segments: [{ prompt: 'User: is there a dot ? Assistant:', answer: colour === 'red' ? 'yes' : 'no' }],
        sample: {
          id: String(index),
          image,
          width: 16,
          height: 16,
          caption,
          regions: [region('a', 0), region('b', 0.5)],
        },
      };
    }),
  );
  return { folder, model, examples };
}
