import type { Backend } from './backend.js';
import { FgamError } from './error.js';
import { createExecution } from './execution.js';
import type { Precision } from './onnx-graph.js';
import type { RunStats } from './session-cache.js';
import type { QuantizedWeights } from './quantize-products.js';
import { PREFIX, prefixed, signatureOf, specsOf, wholeProgram } from './specs.js';
import type { StoredWeights } from './store-weights.js';
import { checkHostTensors, type HostTensor, type Program, type Weights } from './tensors.js';
import type { WorkerChoice } from './worker-runner.js';

/** Options of `createFunction`. */
export interface FunctionOptions {
  /**
   * Weights that the program reads. As inputs they are fed without copying, so that swapping them is free,
   * and a worker gets one copy; as constants they are copied. Default: none.
   */
  readonly weights?: Weights;
  /**
   * Default `inputs`: graphs of all input signatures read the same weights. `constants`: each graph has a
   * copy of its own, laid out for its matrix products, with all that only weights decide computed
   * beforehand; small batches run faster (figures in docs/log.md), new weights capture anew. Up to 2 GB.
   * Eager backends make no difference.
   */
  readonly weightsAs?: 'inputs' | 'constants';
  /**
   * Weights beside `weights` that stay in safetensors files: graphs map the files' pages, which all of them
   * and other processes share, and widen those of half precision wherever they are used. For models that
   * memory does not hold; nothing is copied, decoding is slower. Not for eager backends. Default: none.
   */
  readonly stored?: StoredWeights;
  /**
   * Weights beside `weights` in 8 bits ({@link quantizeMatrix}), which products x W^T alone read: a quarter
   * of the memory, and of the time where reading the weights is what takes it. A training step takes none:
   * they have no gradient. For `ort-cpu`. Default: none.
   */
  readonly quantized?: QuantizedWeights;
  /** Default `ort-cpu`. */
  readonly backend?: Backend;
  /** Written into the graph and into errors. */
  readonly name?: string;
  /** Threads within an operation. Default: `defaultThreads()`, one a core. */
  readonly threads?: number;
  /** Captured graphs kept, one an input signature; the least recently used goes first. Default 8. */
  readonly maxCached?: number;
  /**
   * `mixed`: products of matrices and convolutions on numbers rounded to float16, all else in float32; for
   * GPU providers whose device computes in float16. Default `float32`.
   */
  readonly precision?: Precision;
  /** Run graphs in a thread of their own, to which inputs are moved unless this says `copy`. Default false. */
  readonly worker?: WorkerChoice;
}

/** Options of one run. */
export interface RunOptions {
  /**
   * Memory that results are written into, by their names: spares an allocation and a copy where they are used
   * up before the next run. It may be an input's where the program reads nothing of the input once the result
   * is written, as with {@link cachedAttention}, and there is no worker.
   */
  readonly results?: Readonly<Record<string, HostTensor>>;
}

/** A program that is captured once for each input signature and then runs as one graph. */
export interface CompiledFunction {
  /**
   * Runs the program, after the event loop has turned once. Results are the caller's. With a worker, inputs
   * are the worker's from the call on: their arrays are empty then.
   */
  run(
    inputs: Readonly<Record<string, HostTensor>>,
    options?: RunOptions,
  ): Promise<Readonly<Record<string, HostTensor>>>;
  /** Replaces the weights for the runs that are asked for from now on; shapes must be the same. */
  setWeights(weights: Weights): void;
  readonly stats: RunStats;
  /** Frees the sessions, after the runs that have begun, and ends the worker. */
  dispose(): Promise<void>;
}

/**
 * A tensor program as a function of host tensors: captured into ONNX for each new input signature, run by onnxruntime.
 *
 * @param program - pure function of tfjs operations over weights and inputs
 * @throws FgamError `compile/bad-weights`; its `run` throws that for constants of more than 2
 * GB, `compile/bad-input`, `compile/not-captured`, `compile/disposed`, `compile/no-worker`
 * where the worker has ended
 * @example
 * ```ts
 * import { createFunction } from '@fgam/compile';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const double = createFunction((_weights, { x }) => ({ y: tf.mul(x!, 2) }));
 * const { y } = await double.run({ x: { shape: [3], dtype: 'float32', data: Float32Array.of(1, 2, 3) } });
 * if (y?.data.join() !== '2,4,6') throw new Error('expected doubles');
 * await double.dispose();
 * ```
 */
export function createFunction(program: Program, options: FunctionOptions = {}): CompiledFunction {
  const {
    weights = {},
    backend = 'ort-cpu',
    name = 'program',
    threads,
    maxCached = 8,
    worker = false,
    weightsAs = 'inputs',
    precision,
    stored,
    quantized,
  } = options;
  checkHostTensors(`createFunction(${name}): weights`, weights);
  const signature = signatureOf(specsOf(weights));
  let disposed = false;
  const holdsConstants = weightsAs === 'constants';
  const execution = createExecution(wholeProgram(program), {
    name,
    backend,
    threads,
    maxCached,
    worker,
    precision,
    holdsConstants,
    stored: stored && { ...stored, tensors: prefixed(PREFIX.weight, stored.tensors) },
    quantized: quantized && { ...quantized, matrices: prefixed(PREFIX.weight, quantized.matrices) },
  });
  hold(weights);

  function hold(next: Weights): void {
    // Where it fails, the worker has ended, of which the next run tells.
    execution.hold(prefixed(PREFIX.weight, next), 'copy').catch(() => undefined);
  }

  return {
    async run(inputs, { results = {} } = {}) {
      if (disposed)
        throw new FgamError('compile/disposed', `${name}: run after dispose; make a new function`);
      checkHostTensors(`${name}: inputs`, inputs);
      checkHostTensors(`${name}: results`, results);
      return execution.run(execution.own(prefixed(PREFIX.input, inputs)), results);
    },
    setWeights(next) {
      checkHostTensors(`${name}: weights`, next);
      if (signatureOf(specsOf(next)) !== signature) {
        throw new FgamError(
          'compile/bad-weights',
          `${name}: expected weights of the same names and shapes as before; make a new function for another architecture`,
        );
      }
      hold(next);
    },
    get stats() {
      return execution.stats;
    },
    async dispose() {
      disposed = true;
      await execution.dispose();
    },
  };
}
