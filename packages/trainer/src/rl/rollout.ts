import type { ImageSource, Trajectory } from '@fgam/data';

/** What a claim earns, and the token that ends it. */
export interface ClaimedReward {
  /** Index among the tokens of its round. */
  readonly token: number;
  readonly reward: number;
}

/** One answer or revision that the policy sampled. */
export interface RolloutRound {
  readonly promptIds: readonly number[];
  /** The prompt in the tokens that the vision side reads. Default: it reads none. */
  readonly instruction?: readonly number[];
  /** The sampled tokens, with `<eos>` where the policy ended by itself. At least one. */
  readonly tokens: readonly number[];
  /** R_k, -1..1: what the critic's feedback on it is worth. */
  readonly score: number;
  /** The parts of R_k that single claims earn (`claimRewards`). Default: all of it is earned by the last token. */
  readonly claims?: readonly ClaimedReward[] | undefined;
}

/** A sampled trajectory with all that its update needs. */
export interface Rollout {
  readonly image: ImageSource;
  /** The question that it answers: samples of one question are a group. */
  readonly group: string;
  readonly rounds: readonly RolloutRound[];
  readonly trajectory: Trajectory;
}
