import type { Backend, FunctionOptions, QuantizedMatrix, StoredWeights, Weights } from '@fgam/compile';

/** Where and how a model's programs run. */
export interface ExecutionOptions {
  /** Default: compile's, ONNX Runtime on the CPU. */
  readonly backend?: Backend;
  /** Most threads of a program; small ones take fewer. Default: compile's. */
  readonly threads?: number;
}

/** Captures kept a program: batch sizes times lengths, in use at once. */
export const MAX_CAPTURES = 12;

/** Linear maps in 8 bits, by the names of the blocks. */
export type QuantizedMatrices = Readonly<Record<string, QuantizedMatrix>>;

/** Weights in memory and in files, by the names of the blocks. */
export interface ModelWeights {
  readonly weights: Weights;
  readonly stored?: StoredWeights | undefined;
  readonly quantized?: QuantizedMatrices | undefined;
}

/** Those whose names pass. */
export function someWeights(
  { weights, stored, quantized }: ModelWeights,
  isWanted: (name: string) => boolean,
): ModelWeights {
  const some = <Value>(all: Readonly<Record<string, Value>>): Record<string, Value> =>
    Object.fromEntries(Object.entries(all).filter(([name]) => isWanted(name)));
  return {
    weights: some(weights),
    ...(stored === undefined ? {} : { stored: { ...stored, tensors: some(stored.tensors) } }),
    ...(quantized === undefined ? {} : { quantized: some(quantized) }),
  };
}

/** Options of one of a model's programs. Weights in 8 bits are shared by its graphs. */
export function functionOptions(
  { weights, stored, quantized = {} }: ModelWeights,
  name: string,
  options: ExecutionOptions,
): FunctionOptions {
  const { backend, threads } = options;
  return {
    weights,
    ...(stored === undefined ? {} : { stored }),
    ...(Object.keys(quantized).length === 0 ? {} : { quantized: { matrices: quantized, form: 'shared' } }),
    name,
    maxCached: MAX_CAPTURES,
    ...(backend === undefined ? {} : { backend }),
    ...(threads === undefined ? {} : { threads }),
  };
}
