import type { RlStepOptions } from './rl-step-options.js';

/** Options of an RL step with what stands for those that are not given. */
export type RlDefaults = Required<
  Pick<RlStepOptions, 'algorithm' | 'epochs' | 'klCoefficient' | 'gamma' | 'lambda'>
>;

/** Fills in the defaults of `RlStepOptions`. */
export function rlDefaults({
  algorithm = 'ppo',
  epochs = 2,
  klCoefficient = algorithm === 'ppo' ? 0.1 : 0.04,
  gamma = 1,
  lambda = 0.95,
}: Partial<RlDefaults>): RlDefaults {
  return { algorithm, epochs, klCoefficient, gamma, lambda };
}
