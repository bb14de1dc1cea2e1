import { type Backend, isEager } from './backend.js';
import { captureGraph } from './capture.js';
import { FgamError } from './error.js';
import { createSessionCache, type RunStats } from './session-cache.js';
import { runEagerly } from './run-eagerly.js';
import { runSession } from './session.js';
import { PREFIX, prefixed, signatureOf, specsOf, wholeProgram } from './specs.js';
import { checkHostTensors, type HostTensor, type Program, type Weights } from './tensors.js';

/** Options of `createFunction`. */
export interface FunctionOptions {
  /** Weights that the program reads; fed without copying, so that swapping them is free. Default: none. */
  readonly weights?: Weights;
  /** Default `ort-cpu`. */
  readonly backend?: Backend;
  /** Written into the graph and into errors. */
  readonly name?: string;
  /** Threads within an operation. Default: `defaultThreads()`, one a core. */
  readonly threads?: number;
  /** Captured graphs kept, one an input signature; the least recently used goes first. Default 8. */
  readonly maxCached?: number;
}

/** A program that is captured once for each input signature and then runs as one graph. */
export interface CompiledFunction {
  /** Runs the program. Results are the caller's. */
  run(inputs: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>>;
  /** Replaces the weights; shapes must be the same. */
  setWeights(weights: Weights): void;
  readonly stats: RunStats;
  /** Frees the sessions, after the runs that have begun. */
  dispose(): Promise<void>;
}

/**
 * A tensor program as a function of host tensors: captured into ONNX for each new input signature, run by onnxruntime.
 *
 * @param program - pure function of tfjs operations over weights and inputs
 * @throws FgamError `compile/bad-weights`; its `run` throws `compile/bad-input`, `compile/not-captured`, `compile/disposed`
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
  const { backend = 'ort-cpu', name = 'program', threads, maxCached = 8 } = options;
  let weights = options.weights ?? {};
  checkHostTensors(`createFunction(${name}): weights`, weights);
  let disposed = false;
  let runs = 0;
  let runMilliseconds = 0;
  const cache = createSessionCache({
    maxCached,
    ...(isEager(backend) ? {} : { backend }),
    ...(threads === undefined ? {} : { threads }),
  });
  const whole = wholeProgram(program);

  async function runCaptured(
    inputs: Readonly<Record<string, HostTensor>>,
  ): Promise<Record<string, HostTensor>> {
    const specs = specsOf(inputs);
    const { graph, session } = await cache.prepared(signatureOf(specs), () =>
      captureGraph(
        { ...prefixed(PREFIX.weight, specsOf(weights)), ...prefixed(PREFIX.input, specs) },
        whole,
        name,
      ),
    );
    const values = { ...prefixed(PREFIX.weight, weights), ...prefixed(PREFIX.input, inputs) };
    return runSession(session, { ...graph, inputs: graph.inputs.map((input) => input.name) }, values);
  }

  return {
    async run(inputs) {
      if (disposed)
        throw new FgamError('compile/disposed', `${name}: run after dispose; make a new function`);
      checkHostTensors(`${name}: inputs`, inputs);
      const started = performance.now();
      const results = isEager(backend)
        ? await runEagerly(
            backend,
            { ...prefixed(PREFIX.weight, weights), ...prefixed(PREFIX.input, inputs) },
            whole,
          )
        : await runCaptured(inputs);
      runs += 1;
      runMilliseconds += performance.now() - started;
      return results;
    },
    setWeights(next) {
      if (signatureOf(specsOf(next)) !== signatureOf(specsOf(weights))) {
        throw new FgamError(
          'compile/bad-weights',
          `${name}: expected weights of the same names and shapes as before; make a new function for another architecture`,
        );
      }
      weights = next;
    },
    get stats() {
      return {
        runs,
        runMilliseconds,
        captures: cache.captures,
        captureMilliseconds: cache.captureMilliseconds,
      };
    },
    async dispose() {
      disposed = true;
      await cache.dispose();
    },
  };
}
