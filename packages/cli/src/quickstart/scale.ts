/** How much of everything a quickstart run does. The path is the same at every scale. */
export interface QuickstartScale {
  readonly name: string;
  /** Scenes of each split. */
  readonly scenes: { readonly train: number; readonly validation: number; readonly test: number };
  /**
   * Optimizer steps of alignment (stage 1 or its replacement), of instruction tuning, and of
   * the rectification module.
   */
  readonly steps: { readonly alignment: number; readonly instruction: number; readonly critic: number };
  readonly batchSize: number;
  /** Training questions that a model answers, for corrections of its own mistakes. */
  readonly drafts: number;
  /** Resamples of the bootstrap. */
  readonly resamples: number;
}

/** At most ten minutes on two cores. */
export const FULL_SCALE: QuickstartScale = {
  name: 'full',
  scenes: { train: 2000, validation: 100, test: 160 },
  steps: { alignment: 70, instruction: 240, critic: 70 },
  batchSize: 32,
  drafts: 1500,
  resamples: 1000,
};

/** At most two minutes on two cores: too little to learn much, enough to see every part at work. */
export const FAST_SCALE: QuickstartScale = {
  name: 'fast',
  scenes: { train: 200, validation: 16, test: 32 },
  steps: { alignment: 16, instruction: 16, critic: 20 },
  batchSize: 16,
  drafts: 300,
  resamples: 200,
};
