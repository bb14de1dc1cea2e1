import type { EvidenceConfig } from '../train/train-config.js';
import type { ShippedRecipe } from './train-shipped.js';

/** The form of {@link MODULE_RECIPE}, for shorter runs in tests. */
export interface ModuleRecipe extends ShippedRecipe {
  readonly seed: number;
  readonly evidence: Pick<EvidenceConfig, 'about' | 'answers'>;
  /** Updates of each round that copy out of feedback; corrections have 15 of one, and answers their share beside them. */
  readonly copying: number;
  readonly batchSize: number;
}

/**
 * How the shipped rectification module is trained: from the base checkpoint's language model, on scenes of a seed of its own, to criticise responses by what the grounding checkpoint
 * sees, told in words. More than half of the others answer the questions themselves, and some revise: a module learns to compare only after it has learned to look up and to copy
 * (`docs/log.md`). Captions are left out.
 */
export const MODULE_RECIPE: ModuleRecipe = {
  seed: 1,
  scenes: { seed: 61, train: 4000, validation: 100, test: 300 },
  evidence: { about: true, answers: 4 / 7 },
  copying: 4,
  steps: 10_000,
  batchSize: 16,
  schedule: { learningRate: 1.5e-3, warmup: 600 },
  saveEvery: 1000,
  logEvery: 50,
};
