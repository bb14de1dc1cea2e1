/** How much of everything a quickstart run does. The path is the same at every scale. */
export interface QuickstartScale {
  readonly name: 'full' | 'fast';
  /** Scenes of each split. */
  readonly scenes: { readonly train: number; readonly validation: number; readonly test: number };
  /** Optimizer steps of alignment (stage 1 or its replacement), of instruction tuning, and of the rectification module. */
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
  scenes: { train: 2000, validation: 120, test: 300 },
  steps: { alignment: 160, instruction: 160, critic: 200 },
  batchSize: 32,
  drafts: 3000,
  resamples: 1000,
};

/** At most two minutes on two cores: too little to learn much, enough to see every part at work. */
export const FAST_SCALE: QuickstartScale = {
  name: 'fast',
  scenes: { train: 400, validation: 40, test: 80 },
  steps: { alignment: 30, instruction: 30, critic: 40 },
  batchSize: 16,
  drafts: 600,
  resamples: 200,
};
