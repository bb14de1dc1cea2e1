/** A way to train: which of the paper's two stages a model gets. All get the same images, questions and optimizer steps. */
export interface Variant {
  readonly name: string;
  readonly description: string;
  /** Stage 1 (RTCL and SCC beside global contrast and captions) or, in its place, global contrast and captions alone. */
  readonly hasStage1: boolean;
  /** Instruction tuning with correction trajectories, or without. */
  readonly hasStage2: boolean;
}

/** The paper's ablation (Table 2): base, each stage alone, both. */
export const VARIANTS = [
  { name: 'base', description: 'instruction tuning only', hasStage1: false, hasStage2: false },
  {
    name: 'base + stage 1',
    description: 'region-text pre-training, then instruction tuning',
    hasStage1: true,
    hasStage2: false,
  },
  {
    name: 'base + stage 2',
    description: 'instruction tuning with correction trajectories',
    hasStage1: false,
    hasStage2: true,
  },
  { name: 'full FGAM', description: 'both stages', hasStage1: true, hasStage2: true },
] as const satisfies readonly Variant[];

/** Weights of the alignment phase without stage 1: the base checkpoint's parts of the loss, at equal cost in steps. */
export const BASE_ALIGNMENT = { tokens: 1, global: 1, regionText: 0, spatial: 0 } as const;

/**
 * Weights of stage 1. The paper's own are missing from the text we have. FG-CLIP 2's code has 0.2 for its region term; here it is 1, as a run has some
 * eighty updates to learn it in. The captions keep the language model writing.
 */
export const STAGE1_ALIGNMENT = { tokens: 1, global: 1, regionText: 1, spatial: 0.2 } as const;

/** Instruction tuning, correction trajectories and the rectification module: cross-entropy of answers. */
export const ANSWERS = { tokens: 1, global: 0, regionText: 0, spatial: 0 } as const;
