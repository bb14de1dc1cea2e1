import type { StatementTurns } from '../train/scene-corrections.js';
import type { ShippedRecipe } from './train-shipped.js';

/** One run of updates. */
export interface ImageModuleRun extends Pick<ShippedRecipe, 'steps' | 'stopAt' | 'schedule'> {
  /** Updates of each round by what they teach. */
  readonly turns: StatementTurns;
}

/** The form of {@link IMAGE_MODULE_RECIPE}, for shorter runs in tests. */
export interface ImageModuleRecipe extends Omit<ShippedRecipe, 'steps' | 'stopAt' | 'schedule'> {
  readonly seed: number;
  readonly batchSize: number;
  /** Rows that an image's questions are dealt over. */
  readonly parts: number;
  /** Updates that learn to see, and to state what is true with a response in sight. */
  readonly seeing: ImageModuleRun;
  /** From those weights: statements before the response is known. */
  readonly stating: ImageModuleRun;
}

/**
 * How the shipped rectification module that reads images is trained: the grounding checkpoint's vision side before
 * the base's connector and the language model of the module that reads evidence, which knows what to say and has
 * to learn where to look. With captions beside the questions it learns to tell attributes sooner; with the
 * response in sight it comes to follow that, so the second run hides it (`docs/log.md`, "A module that reads
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
  stating: {
    ...{ steps: 4000, schedule: { learningRate: 7e-4, warmup: 100 } },
    turns: { questions: 1, captions: 1, statements: 2 },
  },
  saveEvery: 500,
  logEvery: 50,
};
