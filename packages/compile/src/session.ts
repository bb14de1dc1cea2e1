import { createBindingSession } from './binding-session.js';
import type { CapturedBackend } from './backend.js';
import type { CapturedGraph } from './capture.js';
import { FgamError } from './error.js';
import { createNativeSession } from './native-session.js';
import type { OnnxValue } from './onnx-graph.js';
import { ortLibrary } from './ort-library.js';
import { checkMemory, emptyTensor, type HostTensor, type Tensors } from './tensors.js';
import { defaultThreads } from './threads.js';

/** Options of onnxruntime. */
export interface SessionOptions {
  /** Where the graph runs. Default `ort-cpu`. */
  readonly backend?: CapturedBackend;
  /**
   * Threads within an operation. Default: one a core that this process may use (onnxruntime
   * alone would take one of two).
   */
  readonly threads?: number;
  /**
   * Keep the memory of one run for the next. Default false: a function has a session for each shape, and each
   * would keep the most it ever used.
   */
  readonly keepsMemory?: boolean;
  /** Where the files are that a model of bytes refers to. Default: nowhere. */
  readonly weightsFolder?: string;
  /**
   * Leave equal operations apart, which onnxruntime would make one: weights that are widened once for the
   * forward and once for the backward pass would be kept in float32 between them. Default false.
   */
  readonly keepsEqual?: boolean;
}

/** A model's bytes, or the path of its file. */
export type SessionModel = CapturedGraph['model'] | string;

/** Memory of a constant of a model, by which a session reads it: nothing is copied. */
export interface HeldMemory {
  /** ONNX's number of the element type. */
  readonly type: number;
  readonly shape: readonly number[];
  readonly data: Uint8Array | Float32Array;
}

/** What a session is made with. */
export interface SessionSettings {
  readonly threads: number;
  readonly keepsMemory: boolean;
  /** onnxruntime's severity from which it writes to the terminal: 2 warnings, 3 errors, 4 fatal faults. */
  readonly logLevel: number;
  /** Entries of onnxruntime's session configuration. */
  readonly entries: Readonly<Record<string, string>>;
  /** Constants by their names in the model. */
  readonly memory: Readonly<Record<string, HeldMemory>>;
}

/**
 * A session of onnxruntime's as its library or its binding gives it: it must not be released while it runs. A
 * run lets the event loop turn first.
 */
export interface OpenSession {
  readonly inputNames: readonly string[];
  /** Runs the session; `results` are the memory that its results are written into, the same names in each run. */
  run(inputs: Tensors, results: Tensors): Promise<void>;
  release(): void | Promise<void>;
}

/** A session that can be released while it runs. */
export interface Session {
  readonly inputNames: readonly string[];
  run(inputs: Tensors, results: Tensors): Promise<void>;
  /** Frees the session, after the runs that have begun: onnxruntime would fail them. */
  release(): Promise<void>;
}

/**
 * Runs a session on host tensors.
 *
 * Results are written into memory of JavaScript's own, new or given: onnxruntime's outputs are invisible to
 * the garbage collector, which would let gigabytes of them pile up.
 *
 * @param outputs - the session's results by the names that they are returned under
 * @param values - tensors by input name; others are not read
 * @param buffers - memory for results, by the names that they are returned under
 * @throws FgamError `compile/bad-input` for memory of another shape or element type than a result's
 */
export async function runSession(
  session: Session,
  outputs: Readonly<Record<string, OnnxValue>>,
  values: Tensors,
  buffers: Tensors = {},
): Promise<Record<string, HostTensor>> {
  const results: Record<string, HostTensor> = {};
  const byValue: Record<string, HostTensor> = {};
  for (const [key, output] of Object.entries(outputs)) {
    const memory = buffers[key] ?? emptyTensor(output);
    checkMemory(key, output, memory);
    results[key] = memory;
    byValue[output.name] = memory;
  }
  await session.run(values, byValue);
  return results;
}

/**
 * An onnxruntime session of a captured graph.
 *
 * @throws FgamError `compile/no-backend` where its provider is not to be had, `compile/bad-input`
 * for a bad number of threads
 */
export async function createSession(
  { model, memory = {} }: { readonly model: SessionModel; readonly memory?: SessionSettings['memory'] },
  options: SessionOptions,
): Promise<Session> {
  const { backend = 'ort-cpu', threads = defaultThreads(), keepsMemory = false } = options;
  const { weightsFolder, keepsEqual = false } = options;
  // A worker that spins while it waits gains nothing measurable here and, on a machine that others use too,
  // costs several times the step (docs/log.md).
  const entries = {
    'session.intra_op.allow_spinning': '0',
    ...(weightsFolder === undefined
      ? {}
      : { 'session.model_external_initializers_file_folder_path': weightsFolder }),
    ...(keepsEqual ? { 'optimization.disable_specified_optimizers': 'CommonSubexpressionElimination' } : {}),
  };
  // Errors are thrown, and warnings about unused constants and the like concern nobody who captured a working program.
  const settings: SessionSettings = { threads, keepsMemory, logLevel: 4, entries, memory };
  if (!Number.isSafeInteger(threads) || threads < 1) {
    throw new FgamError('compile/bad-input', `threads: expected a whole number from 1, got ${threads}`);
  }
  const library = backend === 'ort-cpu' ? ortLibrary() : undefined;
  const session =
    library === undefined
      ? await createBindingSession(model, backend, settings)
      : createNativeSession(library, model, settings);
  let running = 0;
  const waiting: (() => void)[] = [];
  return {
    inputNames: session.inputNames,
    async run(inputs, results) {
      running += 1;
      try {
        await session.run(inputs, results);
      } finally {
        running -= 1;
        if (running === 0) for (const resume of waiting.splice(0)) resume();
      }
    },
    async release() {
      while (running > 0) await new Promise<void>((resolve) => waiting.push(resolve));
      await session.release();
    },
  };
}
