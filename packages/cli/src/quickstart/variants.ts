import type { LossWeights } from '@fgam/trainer';

/**
 * What a model learns before instruction tuning: `stage 1` is both of its losses, `RTCL` and `SCC` one of
 * them each, `alignment` neither.
 */
export type AlignmentName = 'alignment' | 'stage 1' | 'RTCL' | 'SCC' | 'HACL';

/**
 * A way to train: which of the paper's two stages a model gets. All get the same images,
 * questions and optimizer steps.
 */
export interface Variant {
  readonly name: string;
  readonly description: string;
  readonly alignment: AlignmentName;
  /** Instruction tuning with correction trajectories, or without. */
  readonly hasStage2: boolean;
}

/** The paper's ablation (Table 2): base, each stage alone, both. */
export const VARIANTS = [
  { name: 'base', description: 'instruction tuning only', alignment: 'alignment', hasStage2: false },
  {
    name: 'base + stage 1',
    description: 'region-text pre-training, then instruction tuning',
    alignment: 'stage 1',
    hasStage2: false,
  },
  {
    name: 'base + stage 2',
    description: 'instruction tuning with correction trajectories',
    alignment: 'alignment',
    hasStage2: true,
  },
  { name: 'full FGAM', description: 'both stages', alignment: 'stage 1', hasStage2: true },
] as const satisfies readonly Variant[];

/**
 * The method that the paper compares with (Table 1), as a row of its own: `fgam bench reproduce --hacl`. The
 * quickstart has no time for it.
 */
export const HACL_VARIANT = {
  name: 'base + HACL',
  description:
    'contrast of images, captions and hallucinated captions in the language model, then instruction tuning',
  alignment: 'HACL',
  hasStage2: false,
} as const satisfies Variant;

/** Weights of the alignment phase without stage 1: the base checkpoint's parts of the loss, at equal cost in steps. */
export const BASE_ALIGNMENT = { tokens: 1, global: 1, regionText: 0, spatial: 0 } as const;

/**
 * Weights of stage 1. The paper's own are missing from the text we have. FG-CLIP 2's code has 0.2 for
 * its region term; here it is 1, as a run has some eighty updates to learn it in. The captions keep
 * the language model writing.
 */
export const STAGE1_ALIGNMENT = { tokens: 1, global: 1, regionText: 1, spatial: 0.2 } as const;

/**
 * HACL: captions and its contrast. Its alpha is read from a config that its authors have not published with
 * their code; this one is ours.
 */
const HACL_ALIGNMENT = { tokens: 1, global: 0, regionText: 0, spatial: 0, hacl: 0.5 } as const;

/** Weights of the loss of each alignment. */
export const ALIGNMENTS = {
  alignment: BASE_ALIGNMENT,
  'stage 1': STAGE1_ALIGNMENT,
  RTCL: { ...STAGE1_ALIGNMENT, spatial: 0 },
  SCC: { ...STAGE1_ALIGNMENT, regionText: 0 },
  HACL: HACL_ALIGNMENT,
} as const satisfies Readonly<Record<AlignmentName, LossWeights>>;

/** Width of the space in which HACL compares images and texts: that of compact models' other embeddings. */
export const HACL_WIDTH = 64;

/** Instruction tuning, correction trajectories and the rectification module: cross-entropy of answers. */
export const ANSWERS = { tokens: 1, global: 0, regionText: 0, spatial: 0 } as const;
