import type { Backend, FunctionOptions, Weights } from '@fgam/compile';
import { countParameters } from './weights.js';

/** Where and how a model's programs run. */
export interface ExecutionOptions {
  /** Default: compile's, ONNX Runtime on the CPU. */
  readonly backend?: Backend;
  /** Threads of a program. Default: compile's. */
  readonly threads?: number;
}

/** Weights below this are baked into each captured program (packed ahead); larger ones are fed and shared. */
const BAKED_PARAMETERS = 2e7;

/** Captures kept a program: batch sizes times lengths, in use at once. */
const CAPTURES = 24;

/** Options of one of a model's programs. */
export function functionOptions(weights: Weights, name: string, options: ExecutionOptions): FunctionOptions {
  const { backend, threads } = options;
  return {
    weights,
    name,
    maxCached: CAPTURES,
    weightsAs: countParameters(weights) < BAKED_PARAMETERS ? 'constants' : 'inputs',
    ...(backend === undefined ? {} : { backend }),
    ...(threads === undefined ? {} : { threads }),
  };
}
