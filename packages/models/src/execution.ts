import type { Backend, FunctionOptions, Weights } from '@fgam/compile';

/** Where and how a model's programs run. */
export interface ExecutionOptions {
  /** Default: compile's, ONNX Runtime on the CPU. */
  readonly backend?: Backend;
  /** Most threads of a program; small ones take fewer. Default: compile's. */
  readonly threads?: number;
}

/** Captures kept a program: batch sizes times lengths, in use at once. */
export const MAX_CAPTURES = 12;

/** Options of one of a model's programs. */
export function functionOptions(weights: Weights, name: string, options: ExecutionOptions): FunctionOptions {
  const { backend, threads } = options;
  return {
    weights,
    name,
    maxCached: MAX_CAPTURES,
    ...(backend === undefined ? {} : { backend }),
    ...(threads === undefined ? {} : { threads }),
  };
}
