import type { EvidenceConfig } from '../train/train-config.js';
import type { ShippedRecipe } from './train-shipped.js';

/** One run of updates. */
export type ModuleRun = Pick<ShippedRecipe, 'steps' | 'schedule'>;

/** The form of {@link MODULE_RECIPE}, for shorter runs in tests. */
export interface ModuleRecipe extends Omit<ShippedRecipe, keyof ModuleRun | 'stopAt'> {
  readonly seed: number;
  readonly evidence: Pick<EvidenceConfig, 'about' | 'answers' | 'states'>;
  readonly batchSize: number;
  /** Updates that correct parts of captions by feedback, images unseen. */
  readonly copying: ModuleRun;
  /** From those weights: statements on responses, and answers, both by what was seen. */
  readonly module: ModuleRun;
}

/**
 * How the shipped rectification module is trained: from the base checkpoint's language model, on scenes
 * of a seed of its own, to state what is true of a question by what the grounding checkpoint sees, told
 * in words. It learns to copy first, and then a third of its updates answer the questions themselves: a
 * module looks up only what it has learned to copy (`docs/log.md`, "A module that states what is
 * true"). Captions are left out.
 */
export const MODULE_RECIPE: ModuleRecipe = {
  seed: 1,
  scenes: { seed: 61, train: 4000, validation: 100, test: 300 },
  evidence: { about: true, states: true, answers: 1 / 3 },
  batchSize: 16,
  copying: { steps: 1000, schedule: { learningRate: 2e-3, warmup: 100 } },
  module: { steps: 8000, schedule: { learningRate: 1.5e-3, warmup: 400 } },
  saveEvery: 1000,
  logEvery: 50,
};
