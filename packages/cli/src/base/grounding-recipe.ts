import { STAGE1_ALIGNMENT } from '../quickstart/variants.js';

/**
 * How the shipped grounding checkpoint is trained: from random weights, on the regions of scenes, by stage
 * 1's region losses and a detection loss. It answers no question; it is to compact models what Grounding DINO
 * and a CLIP model are to large ones.
 */
export const GROUNDING_RECIPE = {
  seed: 1,
  scenes: { seed: 21, train: 12_000, validation: 300, test: 300 },
  /**
   * Small kernels at a small stride: shapes of 14 to 26 pixels were told apart after 300 updates as well as
   * by the base's stem after 750 (`docs/log.md`).
   */
  stem: [
    { kernel: 5, stride: 2, width: 32 },
    { kernel: 3, stride: 2, width: 64 },
    { kernel: 3, stride: 2, width: 128 },
  ],
  boxHiddenSize: 128,
  steps: 3000,
  batchSize: 32,
  schedule: { learningRate: 2e-3, warmup: 300 },
  weights: {
    tokens: 0,
    global: 0,
    regionText: STAGE1_ALIGNMENT.regionText,
    spatial: STAGE1_ALIGNMENT.spatial,
    detection: 1,
  },
  saveEvery: 500,
  logEvery: 50,
} as const;

/** The form of {@link GROUNDING_RECIPE}, for shorter runs in tests. */
export interface GroundingRecipe {
  readonly seed: number;
  readonly scenes: Readonly<Record<'seed' | 'train' | 'validation' | 'test', number>>;
  readonly stem: readonly { readonly kernel: number; readonly stride: number; readonly width: number }[];
  readonly boxHiddenSize: number;
  readonly steps: number;
  readonly batchSize: number;
  readonly schedule: { readonly learningRate: number; readonly warmup: number };
  readonly weights: typeof GROUNDING_RECIPE.weights;
  readonly saveEvery: number;
  readonly logEvery: number;
}
