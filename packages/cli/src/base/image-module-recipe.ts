import type { WriteScenesOptions } from '@fgam/data';
import type { StatementTurns } from '../train/scene-corrections.js';
import type { ShippedRecipe } from './train-shipped.js';

/** One run of updates. */
export interface ImageModuleRun extends Pick<ShippedRecipe, 'steps' | 'stopAt' | 'schedule'> {
  /** Updates of each round by what they teach. */
  readonly turns: StatementTurns;
}

/** A run that states what is true before the response is known. */
export interface StatingRun extends ImageModuleRun {
  /** Of its folder, and of its further questions. */
  readonly name: string;
  /** Questions that the same scenes are asked beside their own, and the updates of each round that state them. */
  readonly further?: {
    readonly questions: NonNullable<WriteScenesOptions['questions']>;
    readonly turns: number;
  };
}

/** The form of {@link IMAGE_MODULE_RECIPE}, for shorter runs in tests. */
export interface ImageModuleRecipe extends Omit<ShippedRecipe, 'steps' | 'stopAt' | 'schedule'> {
  readonly seed: number;
  readonly batchSize: number;
  /** Rows that an image's questions are dealt over. */
  readonly parts: number;
  /** Updates that learn to see, and to state what is true with a response in sight. */
  readonly seeing: ImageModuleRun;
  /** Statements before the response is known, each run from the weights of the one before. */
  readonly stating: readonly StatingRun[];
}

const NO_QUESTIONS = {
  existence: { random: 0, popular: 0, adversarial: 0 },
  ...{ spatial: 0, attribute: 0, grounding: 0, reasoning: 0, location: 0, caption: 0 },
} as const;

/** A run of whose updates half and more state more short questions of every kind than scenes have of their own. */
function everyKind(
  name: string,
  {
    steps,
    learningRate,
    turns,
    ...kinds
  }: { readonly steps: number; readonly learningRate: number; readonly turns: number } & Readonly<
    Record<'spatial' | 'attribute' | 'grounding' | 'reasoning', number>
  >,
): StatingRun {
  const existence = { random: 4, popular: 0, adversarial: 0 };
  return {
    name,
    ...{ steps, schedule: { learningRate, warmup: 100 } },
    turns: { questions: 0, captions: 1, statements: 1 },
    further: { questions: { ...NO_QUESTIONS, ...kinds, existence }, turns },
  };
}

/**
 * How the shipped rectification module that reads images is trained: the grounding checkpoint's vision side before
 * the base's connector and the language model of the module that reads evidence, which knows what to say and has
 * to learn where to look. With captions beside the questions it learns to tell attributes sooner; with the
 * response in sight it comes to follow that, so the runs after the first hide it. Of a scene's twenty-two questions
 * fewer than one asks for a colour, which is not enough to learn to find a shape and tell its colour: the second of
 * those runs asks every attribute there is, the last two more of every kind (`docs/log.md`, "A module that reads
 * images").
 */
export const IMAGE_MODULE_RECIPE: ImageModuleRecipe = {
  seed: 1,
  scenes: { seed: 61, train: 12_000, validation: 100, test: 300 },
  batchSize: 32,
  parts: 3,
  seeing: {
    ...{ steps: 8000, stopAt: 4000, schedule: { learningRate: 1e-3, warmup: 300 } },
    turns: { questions: 1, captions: 1, statements: 1 },
  },
  stating: [
    {
      name: 'stating',
      ...{ steps: 4000, schedule: { learningRate: 7e-4, warmup: 100 } },
      turns: { questions: 1, captions: 1, statements: 2 },
    },
    {
      name: 'attributes',
      ...{ steps: 2000, stopAt: 1000, schedule: { learningRate: 7e-4, warmup: 50 } },
      turns: { questions: 0, captions: 1, statements: 1 },
      further: { questions: { ...NO_QUESTIONS, attribute: 12 }, turns: 2 },
    },
    everyKind('kinds', {
      steps: 4000,
      learningRate: 7e-4,
      spatial: 8,
      attribute: 6,
      grounding: 3,
      reasoning: 6,
      turns: 2,
    }),
    everyKind('more', {
      steps: 3000,
      learningRate: 5e-4,
      spatial: 10,
      attribute: 4,
      grounding: 4,
      reasoning: 8,
      turns: 3,
    }),
  ],
  saveEvery: 500,
  logEvery: 50,
};
