import { type CompiledFunction, createFunction, type FunctionOptions, type HostTensor } from '@fgam/compile';
import { type ExecutionOptions, functionOptions } from '../execution.js';
import type { FgamModel } from '../model.js';
import { countParameters } from '../weights.js';
import { extendProgram } from './programs.js';

type Tensors = Readonly<Record<string, HostTensor>>;

/** The captured forms of the program that reads on after a cache. */
export interface TextReader {
  /** Reads prompts: many tokens a row. */
  readPrompts(inputs: Tensors): Promise<Tensors>;
  /** Reads one more token in each row of the batch. */
  readNext(inputs: Tensors, batch: number): Promise<Tensors>;
  dispose(): Promise<void>;
}

/** Weights up to this size are constants of the steps: each shape of a step holds a copy of them. */
const CONSTANT_BYTES = 64 * 2 ** 20;
/** Products of a weight and a number up to which a step is done before a second thread has come to help (docs/log.md). */
const ONE_THREAD_PRODUCTS = 2 ** 25;

/**
 * Prompts and single steps want different forms of one program: prompts are read with all threads over weights that are shared; a step
 * reads every weight once for few numbers, for which weights that are laid out in advance count most.
 */
export function createTextReader(model: FgamModel, options: ExecutionOptions): TextReader {
  const parameters = countParameters(model.weights);
  const weightsAs = 4 * parameters <= CONSTANT_BYTES ? 'constants' : 'inputs';
  const program = extendProgram(model.config);
  const create = (name: string, more: Pick<FunctionOptions, 'weightsAs' | 'threads'>): CompiledFunction =>
    createFunction(program, { ...functionOptions(model.weights, name, options), ...more });
  const prompts = create('prompts', {});
  const smallSteps = create('small steps', { weightsAs, threads: 1 });
  const steps = create('steps', { weightsAs });
  return {
    readPrompts: (inputs) => prompts.run(inputs),
    readNext: (inputs, batch) => (batch * parameters <= ONE_THREAD_PRODUCTS ? smallSteps : steps).run(inputs),
    async dispose() {
      await Promise.all([prompts, smallSteps, steps].map((each) => each.dispose()));
    },
  };
}
