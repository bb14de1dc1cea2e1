import type { Backend, FunctionOptions, StoredWeights, Weights } from '@fgam/compile';

/** Where and how a model's programs run. */
export interface ExecutionOptions {
  /** Default: compile's, ONNX Runtime on the CPU. */
  readonly backend?: Backend;
  /** Most threads of a program; small ones take fewer. Default: compile's. */
  readonly threads?: number;
}

/** Captures kept a program: batch sizes times lengths, in use at once. */
export const MAX_CAPTURES = 12;

/** Weights in memory and in files, by the names of the blocks. */
export interface ModelWeights {
  readonly weights: Weights;
  readonly stored?: StoredWeights | undefined;
}

/** Those whose names pass. */
export function someWeights(
  { weights, stored }: ModelWeights,
  isWanted: (name: string) => boolean,
): ModelWeights {
  const some = <Value>(all: Readonly<Record<string, Value>>): Record<string, Value> =>
    Object.fromEntries(Object.entries(all).filter(([name]) => isWanted(name)));
  return {
    weights: some(weights),
    ...(stored === undefined ? {} : { stored: { ...stored, tensors: some(stored.tensors) } }),
  };
}

/** Options of one of a model's programs. */
export function functionOptions(
  { weights, stored }: ModelWeights,
  name: string,
  options: ExecutionOptions,
): FunctionOptions {
  const { backend, threads } = options;
  return {
    weights,
    ...(stored === undefined ? {} : { stored }),
    name,
    maxCached: MAX_CAPTURES,
    ...(backend === undefined ? {} : { backend }),
    ...(threads === undefined ? {} : { threads }),
  };
}
