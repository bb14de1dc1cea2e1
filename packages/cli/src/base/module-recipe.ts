import type { EvidenceConfig } from '../train/train-config.js';
import type { ShippedRecipe } from './train-shipped.js';

/** The form of {@link MODULE_RECIPE}, for shorter runs in tests. */
export interface ModuleRecipe extends ShippedRecipe {
  readonly seed: number;
  readonly evidence: Pick<EvidenceConfig, 'about' | 'answers'>;
  readonly batchSize: number;
}

/**
 * How the shipped rectification module is trained: from the base checkpoint's language model, on scenes of a seed of its own, to criticise responses by what the grounding checkpoint
 * sees, told in words. Half of its updates answer the questions themselves: a module learns to compare only after it has learned to look up (`docs/log.md`).
 */
export const MODULE_RECIPE: ModuleRecipe = {
  seed: 1,
  scenes: { seed: 61, train: 4000, validation: 100, test: 300 },
  evidence: { about: true, answers: 0.5 },
  steps: 6000,
  batchSize: 16,
  schedule: { learningRate: 1.5e-3, warmup: 600 },
  saveEvery: 1000,
  logEvery: 50,
};
