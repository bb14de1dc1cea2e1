import type { Backend } from '@fgam/compile';
import type { PixelCache } from '@fgam/data';
import type { FgamModel, Recompute } from '@fgam/models';
import type { RolloutRequest } from './collect-rollouts.js';
import type { AdaptiveKl } from './kl-controller.js';
import type { Policy } from './policy.js';
import type { Rollout } from './rollout.js';
import type { RlAlarms } from './sound-alarms.js';

/** Samples of the policy for the questions of an iteration. */
export interface RollOutInput<Model = FgamModel> {
  /** With the policy's weights of now, which are valid during the call. */
  readonly policy: Model;
  readonly requests: readonly RolloutRequest[];
  readonly iteration: number;
}

/** Options of `createRlStep`. */
export interface RlStepOptions<Model = FgamModel> {
  readonly name: string;
  /**
   * Where RL starts, and the reference that it is held to: one of FGAM's own models, or a policy
   * (`createPretrainedPolicy`).
   */
  readonly model: RlModel<Model>;
  /** Questions that the policy answers, each pass in an order of its own. */
  readonly requests: readonly RolloutRequest[];
  /**
   * Samples and scores trajectories (`collectRollouts`); with GRPO several of each request, which
   * `Rollout.group` names by its id.
   */
  readonly rollOut: (input: RollOutInput<Model>) => Promise<readonly Rollout[]>;
  /**
   * PPO: clipped surrogate, value head, GAE, KL penalty in the reward. GRPO: advantages within a question, k3
   * KL in the loss, no value head. Default `ppo`.
   */
  readonly algorithm?: 'ppo' | 'grpo';
  /** What `rollOut` goes by (critic, rounds, temperature): plain data, part of the run's identity. Default: nothing. */
  readonly sampling?: Readonly<Record<string, unknown>>;
  /** Questions of an iteration, each asked once; too few left at the end of a pass over them are skipped. */
  readonly questions: number;
  /**
   * PPO of one of FGAM's own models: questions of one image that are asked together, at most, and whose
   * trajectories share a row, so that the image is read once for them. Divides `questions` and `minibatch`,
   * which then count as if all rows were full. Default 1.
   */
  readonly questionsPerRow?: number;
  /** Trajectories of an update. */
  readonly minibatch: number;
  /** Passes over an iteration's trajectories. Default 2. */
  readonly epochs?: number;
  readonly seed: number;
  /** beta of the KL to the reference. Default 0.1 for PPO, 0.04 for GRPO. */
  readonly klCoefficient?: number;
  /** PPO: moves beta towards a target KL. Default: beta stays. */
  readonly adaptiveKl?: AdaptiveKl;
  /** An iteration ends early where the mean KL to the policy that sampled exceeds this. Default: never. */
  readonly maxKl?: number;
  /**
   * PPO: delta, what a round's gain counts for each round before it, 0..1 (`tokenRewards`). Default 1: only
   * the last response counts.
   */
  readonly roundDiscount?: number;
  /** Default 1. */
  readonly gamma?: number;
  /** Default 0.95. */
  readonly lambda?: number;
  /** Default 0.2. */
  readonly clip?: number;
  /** Default 0.1. */
  readonly valueWeight?: number;
  /** Signs of reward hacking that end the run, of iterations of 20 trajectories or more. */
  readonly alarms: RlAlarms;
  readonly recompute?: Recompute;
  readonly backend?: Backend;
  readonly threads?: number;
  readonly pixels?: PixelCache;
}

/** One of FGAM's own models, or what is asked of another architecture. */
export type RlModel<Model> = Model extends FgamModel ? FgamModel | Policy<FgamModel> : Policy<Model>;
