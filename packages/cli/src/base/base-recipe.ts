/**
 * How the shipped base checkpoint is trained: from random weights, on captions, questions and global
 * contrast. It sees no region loss, no relation label and no rectification.
 */
export const BASE_RECIPE = {
  seed: 1,
  scenes: { seed: 11, train: 12_000, validation: 600, test: 600 },
  /**
   * Updates of the whole schedule, and those that are done: after 4,000 the base stands clearly above chance
   * and below its ceiling, so that what either stage adds can be seen. What is shipped is trained further
   * anyway, with a warm-up of its own.
   */
  steps: 10_000,
  stopAt: 4000,
  batchSize: 32,
  schedule: { learningRate: 1e-3, warmup: 300 },
  /** The contrast is a side dish: trials with it at full weight learnt captions later. */
  weights: { tokens: 1, global: 0.1, regionText: 0, spatial: 0 },
  /** Rows that an image's questions are dealt over, and updates of each round by source. */
  parts: 3,
  turns: { questions: 3, captions: 1 },
  saveEvery: 1000,
  logEvery: 50,
} as const;

/** The form of {@link BASE_RECIPE}, for shorter runs in tests. */
export type BaseRecipe = {
  readonly [Key in keyof typeof BASE_RECIPE]: Widened<(typeof BASE_RECIPE)[Key]>;
};

type Widened<Value> = Value extends number ? number : { readonly [Key in keyof Value]: number };
