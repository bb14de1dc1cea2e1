import type { HostTensor, LossProgram, StoredWeights, Weights } from '@fgam/compile';
import type { Cursor } from './cursor.js';

/** Inputs of one update. */
export interface Batch {
  readonly inputs: Readonly<Record<string, HostTensor>>;
  /** Tokens of text in it, for the rate. */
  readonly tokens: number;
  /** Where the data stands after it. */
  readonly next: Readonly<Record<string, Cursor>>;
}

/** What is trained on what: the loop knows nothing else. */
export interface Step {
  readonly name: string;
  /** Initial weights. */
  readonly weights: Weights;
  /** Frozen weights that stay in their files; checkpoints do not hold them. Default: none. */
  readonly stored?: StoredWeights;
  readonly loss: LossProgram;
  readonly decays: (name: string) => boolean;
  readonly trainable: (name: string) => boolean;
  /** All that decides the course of the run, for checkpoints: model config, data, weights of the loss. */
  readonly identity: unknown;
  /** The batch of an update, counted from 1. Its arrays are the loop's from then on: a worker empties them. */
  batch(step: number, cursors: Readonly<Record<string, Cursor>>): Promise<Batch>;
}
