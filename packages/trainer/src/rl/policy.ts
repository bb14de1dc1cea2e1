import type { HostTensor, StoredWeights, TensorMap, Weights } from '@fgam/compile';
import type { Float32Input, ImageSource } from '@fgam/data';
import type { LayerOptions } from '@fgam/models';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { RolloutRound } from './rollout.js';

/** A row of a batch: an image and what was said about it. */
export interface PolicyRow {
  readonly image: ImageSource;
  readonly rounds: readonly RolloutRound[];
}

/** Inputs of a policy's programs; `targetMask` [B, T] is 1 where entry t predicts a token that the policy wrote. */
export type PolicyBatch = Readonly<Record<string, HostTensor>> & { readonly targetMask: Float32Input };

/** A prompt in a policy's tokens. */
export type EncodedPrompt = Pick<RolloutRound, 'promptIds' | 'instruction'>;

/** What RL and DPO ask of an architecture; `Model` is what its generator is made of. */
export interface Policy<Model> {
  /** D of the hidden states that a value head reads. */
  readonly width: number;
  /** Where training starts: the policy, and the frozen reference. Frozen weights in memory are among them. */
  readonly weights: Weights;
  /** Frozen weights that stay in their files. */
  readonly stored?: StoredWeights;
  readonly trainable: (name: string) => boolean;
  /** What it is, as part of a run's identity. */
  readonly identity: Readonly<Record<string, unknown>>;
  /** The model with the weights of now. */
  withWeights(now: Weights): Model;
  /** How the rounds of a trajectory share rows. */
  readonly rowsOf: <Round>(rounds: readonly Round[]) => readonly (readonly Round[])[];
  /** Whether trajectories about one image may share a row, without seeing each other. */
  readonly sharesRows: boolean;
  /** Most tokens of a row, without visual tokens that are not part of its prompts. */
  readonly maxRowTokens: number;
  /** @throws FgamError the image reader's */
  inputs(rows: readonly PolicyRow[], length: number): Promise<PolicyBatch>;
  /**
   * Log-probabilities of what was written, among the tokens that may be written, and values where there is a
   * value head: [B, T] each. Where the mask is 0 the log-probability is 0.
   */
  readonly scores: (
    weights: TensorMap,
    inputs: TensorMap,
    options?: LayerOptions,
  ) => { readonly logProbs: Tensor; readonly values?: Tensor };
  /** A prompt about an image. @throws FgamError the image reader's */
  readonly encode: (prompt: string, image: ImageSource) => Promise<EncodedPrompt>;
  /** An answer's tokens, with the one that ends it. */
  encodeAnswer(answer: string): readonly number[];
}
