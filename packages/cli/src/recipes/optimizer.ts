import type { OptimizerSettings } from '@fgam/trainer';

/** AdamW for compact models: a shorter memory of the second moment than the field's 0.999, since runs are short. */
export const COMPACT_OPTIMIZER = {
  beta2: 0.98,
  weightDecay: 0.1,
  clipNorm: 1,
} as const satisfies OptimizerSettings;
