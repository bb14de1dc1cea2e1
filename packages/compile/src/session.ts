import * as ort from 'onnxruntime-node';
import { type CapturedBackend, PROVIDERS } from './backend.js';
import type { CapturedGraph } from './capture.js';
import { defaultThreads } from './threads.js';
import type { OnnxValue } from './onnx-graph.js';
import { copyTensor, emptyTensor, type HostTensor, sizeOf, type TensorType } from './tensors.js';

/** Options of onnxruntime. */
export interface SessionOptions {
  /** Where the graph runs. Default `ort-cpu`. */
  readonly backend?: CapturedBackend;
  /** Threads within an operation. Default: one a core that this process may use (onnxruntime alone would take one of two). */
  readonly threads?: number;
  /**
   * Keep the memory of one run for the next. Default false: a function has a session for each shape, and each would keep the most it
   * ever used.
   */
  readonly keepsMemory?: boolean;
}

/** onnxruntime's tensor over a host tensor's memory: nothing is copied. */
function ortTensor(tensor: HostTensor): ort.Tensor {
  return tensorOver(tensor.dtype, tensor.data, tensor.shape);
}

function tensorOver(dtype: TensorType, data: HostTensor['data'], shape: readonly number[]): ort.Tensor {
  switch (dtype) {
    case 'float32':
      return new ort.Tensor('float32', data as Float32Array, shape);
    case 'int32':
      return new ort.Tensor('int32', data as Int32Array, shape);
    case 'bool':
      return new ort.Tensor('bool', data as Uint8Array, shape);
  }
}

/** The tensor, or a copy of one in shared memory: onnxruntime refuses that. */
function unshared(tensor: HostTensor): HostTensor {
  return tensor.data.buffer instanceof SharedArrayBuffer ? copyTensor(tensor) : tensor;
}

/**
 * Runs a session on host tensors.
 *
 * Results are written into memory of JavaScript's own, new or given: onnxruntime's outputs are invisible to the garbage collector, which
 * would let gigabytes of them pile up.
 *
 * @param inputs - names of the session's inputs
 * @param outputs - the session's results by the names that they are returned under
 * @param values - tensors by input name; others are not read
 * @param buffers - memory for results, by their names
 */
export async function runSession(
  session: Session,
  {
    inputs,
    outputs,
  }: { readonly inputs: readonly string[]; readonly outputs: Readonly<Record<string, OnnxValue>> },
  values: Readonly<Record<string, HostTensor>>,
  buffers: Readonly<Record<string, HostTensor>> = {},
): Promise<Record<string, HostTensor>> {
  const feeds = Object.fromEntries(
    inputs.map((name) => [name, ortTensor(unshared(values[name] as HostTensor))]),
  );
  const results = Object.fromEntries(
    Object.entries(outputs).map(([key, output]) => [key, buffers[key] ?? emptyTensor(output)]),
  );
  const fetches = Object.fromEntries(
    Object.entries(outputs).map(([key, { name, shape }]) => [
      name,
      sizeOf(shape) === 0 ? null : ortTensor(results[key] as HostTensor),
    ]),
  );
  // What it returns are copies of what it has written (onnxruntime-node 1.30).
  await session.run(feeds, fetches);
  return results;
}

/** A session that can be released while it runs. */
export interface Session {
  readonly inputNames: readonly string[];
  run(
    feeds: ort.InferenceSession.FeedsType,
    fetches: ort.InferenceSession.FetchesType,
  ): Promise<ort.InferenceSession.ReturnType>;
  /** Frees the session, after the runs that have begun: onnxruntime would fail them. */
  release(): Promise<void>;
}

/** An onnxruntime session of a captured graph. @throws FgamError `compile/no-backend` where its provider is not to be had */
export async function createSession(
  { model }: { readonly model: CapturedGraph['model'] | string },
  options: SessionOptions,
): Promise<Session> {
  const { backend = 'ort-cpu', threads = defaultThreads(), keepsMemory = false } = options;
  const settings: ort.InferenceSession.SessionOptions = {
    executionProviders: [PROVIDERS[backend]],
    graphOptimizationLevel: 'all',
    // The pattern of a first run would be set aside whole for all later ones: a third more memory, and no faster (docs/log.md).
    enableMemPattern: false,
    enableCpuMemArena: keepsMemory,
    // Warnings about unused constants and the like concern nobody who captured a working program.
    logSeverityLevel: 3,
    intraOpNumThreads: threads,
    // A worker that spins while it waits gains nothing measurable here and, on a machine that others use too, costs several times
    // the step (docs/log.md).
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  };
  const creation =
    typeof model === 'string'
      ? ort.InferenceSession.create(model, settings)
      : ort.InferenceSession.create(model, settings);
  const session = await creation.catch(async (cause: unknown) => {
    // Asked only now: the answer costs a session of its own. Imported only now: it captures a program, and a worker has no tfjs to load.
    const { absentBackend, providerAbsence } = await import('./providers.js');
    const absence = await providerAbsence(backend);
    throw absence === undefined ? cause : absentBackend(backend, absence, cause);
  });
  let running = 0;
  const waiting: (() => void)[] = [];
  return {
    inputNames: session.inputNames,
    async run(feeds, fetches) {
      running += 1;
      try {
        return await session.run(feeds, fetches);
      } finally {
        running -= 1;
        if (running === 0) for (const resume of waiting.splice(0)) resume();
      }
    },
    async release() {
      if (running > 0) await new Promise<void>((resolve) => waiting.push(resolve));
      await session.release();
    },
  };
}
