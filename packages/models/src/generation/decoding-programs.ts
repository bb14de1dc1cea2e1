import { type CompiledFunction, createFunction, type FunctionOptions, type HostTensor } from '@fgam/compile';
import { type ExecutionOptions, functionOptions, MAX_CAPTURES } from '../execution.js';
import type { FgamModel } from '../model.js';
import { extendProgram } from './programs.js';

type Tensors = Readonly<Record<string, HostTensor>>;

/** The captured forms of {@link extendProgram}, which differ in speed alone. */
export interface DecodingPrograms {
  /** Reads prompts: many tokens a row. */
  prefill(inputs: Tensors): Promise<Tensors>;
  /** Reads one more token in each row. */
  decodeStep(inputs: Tensors): Promise<Tensors>;
  dispose(): Promise<void>;
}

/** Where one form gives way to another. */
export interface DecodingLimits {
  /** Bytes of weights up to which they are constants of the steps, of which each captured shape holds a copy. */
  readonly constantBytes: number;
  /** Products of a weight and a number up to which a step is done before a second thread has come to help. */
  readonly oneThreadProducts: number;
}

/** Figures in docs/log.md, "Decoding a token at a time". */
const LIMITS: DecodingLimits = { constantBytes: 64 * 2 ** 20, oneThreadProducts: 2 ** 25 };
/** Bytes of all copies that one form may hold. */
const COPIES_BYTES = 256 * 2 ** 20;

/**
 * Prompts and single steps want different forms of one program: prompts are read with all threads over weights that are shared; a step
 * reads every weight once for few numbers, for which weights that are laid out in advance count most.
 */
export function createDecodingPrograms(
  { weights, config }: FgamModel,
  options: ExecutionOptions,
  { constantBytes, oneThreadProducts }: DecodingLimits = LIMITS,
): DecodingPrograms {
  const read = Object.entries(weights).filter(([name]) => name.startsWith('language_model.'));
  const parameters = read.reduce((sum, [, { data }]) => sum + data.length, 0);
  const bytes = 4 * parameters;
  const program = extendProgram(config);
  const create = (name: string, more: Partial<FunctionOptions>): CompiledFunction =>
    createFunction(program, { ...functionOptions(Object.fromEntries(read), name, options), ...more });
  const form: Partial<FunctionOptions> =
    bytes <= constantBytes
      ? {
          weightsAs: 'constants',
          maxCached: Math.max(1, Math.min(MAX_CAPTURES, Math.floor(COPIES_BYTES / bytes))),
        }
      : {};
  const prefill = create('prefill', {});
  const smallStep = create('decode step, one thread', { ...form, threads: 1 });
  const step = create('decode step', form);
  return {
    prefill: (inputs) => prefill.run(inputs),
    decodeStep(inputs) {
      const rows = inputs['ids']?.shape[0] ?? 0;
      return (rows * parameters <= oneThreadProducts ? smallStep : step).run(inputs);
    },
    async dispose() {
      await Promise.all([prefill, smallStep, step].map((each) => each.dispose()));
    },
  };
}
