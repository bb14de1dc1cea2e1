import type { HostTensor, LossProgram, StepResult, StoredWeights, Weights } from '@fgam/compile';
import type { Cursor } from './cursor.js';

/** Input of a loss, scalar float32: what its sums over tokens are divided by (`Step.tokenMask`). */
export const TOKEN_COUNT = 'tokenCount';

/** Inputs of one update. */
export interface Batch {
  readonly inputs: Readonly<Record<string, HostTensor>>;
  /** Tokens of text in it, for the rate. */
  readonly tokens: number;
  /** Where the data stands after it. */
  readonly next: Readonly<Record<string, Cursor>>;
  /** What is to be logged beside the parts of the loss. */
  readonly figures?: Readonly<Record<string, number>>;
  /** What ends the run once the line of this batch is written; no checkpoint has its update. */
  readonly fault?: Error;
}

/** What a step reads of the run that it is part of. */
export interface RunView {
  /** The weights as the last update left them; valid until the next. */
  weights(): Promise<Weights>;
}

/** What is trained on what: the loop knows nothing else. */
export interface Step {
  readonly name: string;
  /** Initial weights. */
  readonly weights: Weights;
  /** Frozen weights that stay in their files; checkpoints do not hold them. Default: none. */
  readonly stored?: StoredWeights;
  readonly loss: LossProgram;
  /** Shapes of batches that graphs are kept for, each with a run's working memory. Default: 8. */
  readonly maxCached?: number;
  readonly decays: (name: string) => boolean;
  readonly trainable: (name: string) => boolean;
  /**
   * The input whose sum the loss of tokens is a mean by. Of a batch that is taken in n parts, the loss gets
   * {@link TOKEN_COUNT} too, max(that sum, 1) / n, so that the mean of the parts is the mean over the batch's
   * tokens. Default: each part has a mean of its own.
   */
  readonly tokenMask?: string;
  /** Why a batch can't be computed in parts; undefined where it can. */
  readonly indivisible?: string | undefined;
  /** All that decides the course of the run, for checkpoints: model config, data, weights of the loss. */
  readonly identity: unknown;
  /** The batch of an update, counted from 1. Its arrays are the loop's from then on: a worker empties them. */
  batch(step: number, cursors: Readonly<Record<string, Cursor>>): Promise<Batch>;
  /** Called before the first batch, for steps that sample from the weights in training. */
  begin?(run: RunView): void;
  /**
   * Looks at an update's result; may set the cursors elsewhere, such as to the end of an epoch
   * whose KL grew too large.
   */
  after?(result: StepResult, cursors: Readonly<Record<string, Cursor>>): Readonly<Record<string, Cursor>>;
  /** What the next batches depend on beside weights and cursors, as plain data: saved with each checkpoint. */
  memory?(): unknown;
  /** Takes up what `memory` gave. @throws FgamError `trainer/bad-checkpoint` for what it did not */
  remember?(memory: unknown): void;
  /** Frees what batches were made with. */
  dispose?(): Promise<void>;
}
