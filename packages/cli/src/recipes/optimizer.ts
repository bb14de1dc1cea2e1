import type { OptimizerSettings } from '@fgam/trainer';

/** AdamW for compact models: a shorter memory of the second moment than the field's 0.999, since runs are short. */
export const COMPACT_OPTIMIZER = {
  beta2: 0.98,
  weightDecay: 0.1,
  clipNorm: 1,
} as const satisfies OptimizerSettings;

/**
 * AdamW for checkpoints of the Hugging Face hub, as LLaVA-1.5's `finetune.sh` has it: no decay, torch's
 * betas; gradients clipped at transformers' default of 1.
 */
export const PRETRAINED_OPTIMIZER = {
  beta2: 0.999,
  weightDecay: 0,
  clipNorm: 1,
} as const satisfies OptimizerSettings;
