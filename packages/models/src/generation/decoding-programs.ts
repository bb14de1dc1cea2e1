import { type CompiledFunction, createFunction, type FunctionOptions, type HostTensor } from '@fgam/compile';
import {
  type ExecutionOptions,
  functionOptions,
  MAX_CAPTURES,
  type ModelWeights,
  someWeights,
} from '../execution.js';
import type { LanguageConfig } from '../config.js';
import { type Program, readProgram, stepProgram } from './programs.js';

type Tensors = Readonly<Record<string, HostTensor>>;

/** The captured programs of decoding. */
export interface DecodingPrograms {
  /** Reads prompts, as {@link readProgram} says. */
  read(inputs: Tensors): Promise<Tensors>;
  /**
   * Reads one more token in each row, as {@link stepProgram} says.
   *
   * @param results - memory of the results: the cache's own for its keys and values
   */
  decodeStep(inputs: Tensors, results: Tensors): Promise<Tensors>;
  /** Steps that are done in the time of a wide one. */
  readonly wideWorth: number;
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
/**
 * Bytes of the copies in captured shapes that each of the two forms of a step may hold; one copy more is
 * kept for further captures.
 */
const COPIES_BYTES = 128 * 2 ** 20;

/**
 * Steps in the time of a wide one: a step whose weights are in the processor's caches is bound by
 * products, as a wide one is; otherwise by reading weights, which a wide one does once. Figures in
 * docs/log.md, "Latency of rounds".
 */
const WIDE_WORTH = { constants: 8, inputs: 3 };

/**
 * Captures of reading: one or several rows, lengths of prompts, of what is there before and of
 * drafts. They share the weights.
 */
const MAX_READ_CAPTURES = 24;

/**
 * Bytes of the copies of weights in 8 bits that captured steps may hold, each shape one of its own; one
 * copy is kept in any case.
 */
const PACKED_BYTES = 512 * 2 ** 20;

/** How a step of some rows is run best. */
export function stepForm(
  rows: number,
  parameters: number,
  { constantBytes, oneThreadProducts }: DecodingLimits = LIMITS,
): { readonly weightsAs: 'constants' | 'inputs'; readonly isOneThread: boolean } {
  return {
    weightsAs: 4 * parameters <= constantBytes ? 'constants' : 'inputs',
    isOneThread: rows * parameters <= oneThreadProducts,
  };
}

/** A model as far as decoding goes. The language model's weights are under `language_model.`. */
export interface DecodedModel extends ModelWeights {
  readonly config: LanguageConfig;
}

/**
 * Prompts are read with all threads over weights that are shared; a step reads every weight once for few
 * numbers, for which weights that are laid out in advance count most.
 */
export function createDecodingPrograms(
  model: DecodedModel,
  options: ExecutionOptions,
  limits: DecodingLimits = LIMITS,
): DecodingPrograms {
  const { config } = model;
  const held = someWeights(model, (key) => key.startsWith('language_model.'));
  const parameters = countOf(held);
  const bytes = 4 * parameters;
  const create = (program: Program, name: string, more: Partial<FunctionOptions>): CompiledFunction =>
    createFunction(program, { ...functionOptions(held, name, options), ...more });
  const copies = Math.max(1, Math.min(MAX_CAPTURES, Math.floor(COPIES_BYTES / bytes)));
  const { weightsAs } = stepForm(1, parameters, limits);
  const areHeld = weightsAs === 'constants' && held.stored === undefined;
  const form: Partial<FunctionOptions> = {
    ...(areHeld ? { weightsAs, maxCached: copies } : {}),
    ...packedForm(held.quantized),
  };
  const reading = readProgram(config);
  const read = create(reading, 'prefill', { maxCached: MAX_READ_CAPTURES });
  const smallReads = create(reading, 'prefill, one thread', { maxCached: MAX_CAPTURES, threads: 1 });
  const step = stepProgram(config);
  const smallSteps = create(step, 'decode step, one thread', { ...form, threads: 1 });
  const steps = create(step, 'decode step', form);
  return {
    wideWorth: WIDE_WORTH[weightsAs],
    read(inputs) {
      const { isOneThread } = stepForm(sizeOf(inputs['ids']), parameters, limits);
      return (isOneThread ? smallReads : read).run(inputs);
    },
    decodeStep(inputs, results) {
      const rows = inputs['ids']?.shape[0] ?? 0;
      const { isOneThread } = stepForm(rows, parameters, limits);
      return (isOneThread ? smallSteps : steps).run(inputs, { results });
    },
    async dispose() {
      await Promise.all([read, smallReads, smallSteps, steps].map((each) => each.dispose()));
    },
  };
}

/** Weights in 8 bits as steps read them: packed, as they are read whole for few rows. */
function packedForm(matrices: ModelWeights['quantized']): Partial<FunctionOptions> {
  if (matrices === undefined) return {};
  // onnxruntime packs sums of the codes beside the scales.
  const bytes = Object.values(matrices).map(({ codes, scales }) => codes.byteLength + 2 * scales.byteLength);
  const copies = Math.floor(PACKED_BYTES / bytes.reduce((sum, each) => sum + each, 1));
  return {
    quantized: { matrices, form: 'packed' },
    maxCached: Math.max(1, Math.min(MAX_CAPTURES, copies)),
  };
}

function sizeOf(tensor: HostTensor | undefined): number {
  return tensor?.data.length ?? 0;
}

/** Numbers in some weights. */
function countOf({ weights, stored, quantized = {} }: ModelWeights): number {
  const inFiles = Object.values(stored?.tensors ?? {}).map(({ shape }) => shape.reduce((a, b) => a * b, 1));
  const inMemory = Object.values(weights).map(({ data }) => data.length);
  const inBytes = Object.values(quantized).map(({ codes }) => codes.length);
  return [...inMemory, ...inFiles, ...inBytes].reduce((sum, count) => sum + count, 0);
}
