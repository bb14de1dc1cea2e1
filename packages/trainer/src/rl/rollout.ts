import type { ImageSource, Trajectory } from '@fgam/data';

/** One answer or revision that the policy sampled. */
export interface RolloutRound {
  readonly promptIds: readonly number[];
  /** The prompt in the tokens that the vision side reads. Default: it reads none. */
  readonly instruction?: readonly number[];
  /** The sampled tokens, with `<eos>` where the policy ended by itself. At least one. */
  readonly tokens: readonly number[];
  /** R_k, -1..1: what the critic's feedback on it is worth. */
  readonly score: number;
}

/** A sampled trajectory with all that its update needs. */
export interface Rollout {
  readonly image: ImageSource;
  /** The question that it answers: samples of one question are a group. */
  readonly group: string;
  readonly rounds: readonly RolloutRound[];
  readonly trajectory: Trajectory;
}
