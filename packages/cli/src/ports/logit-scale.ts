import type { FgamModel } from '@fgam/models';
import { say } from '../output.js';

/** Where exp(theta) starts; a scale this near to it was never trained. */
const UNTRAINED_SCALE = 1 / 0.07;
const SCALE_ROUNDING = 0.05;

/**
 * s of the region-text loss: exp(theta), clamped as the loss clamps it. A model that had no
 * such training is warned of.
 */
export function logitScaleOf({ weights }: FgamModel): number {
  const theta = weights['fgam.region_logit_scale']?.data[0] ?? Math.log(UNTRAINED_SCALE);
  const scale = Math.min(100, Math.max(1, Math.exp(theta)));
  if (Math.abs(scale - UNTRAINED_SCALE) < SCALE_ROUNDING)
    say(
      'warning: this model has had no region-text training, so what asks its similarity has little to go by',
    );
  return scale;
}
