import { createSession, type HeldMemory, runSession, type SessionOptions } from './session.js';
import type { OnnxValue } from './onnx-graph.js';
import { picked } from './specs.js';
import { checkMemoryNames, copiesOf, type Tensors } from './tensors.js';

/** A graph that a runner opens. */
export interface RunnableGraph {
  /** The bytes of an ONNX model, which are the runner's from now on, or the path of its file. */
  readonly model: Uint8Array | string;
  /** Constants of the model that are not in its bytes. Default: none. */
  readonly memory?: Readonly<Record<string, HeldMemory>>;
  /** The session's results by the names that they are returned under. */
  readonly outputs: Readonly<Record<string, OnnxValue>>;
  /** Names of results that are the next values of held tensors: they stay with the runner. Default: none. */
  readonly updates?: readonly string[];
  /**
   * Whether these may be written over the held tensors, of which the graph then reads nothing
   * any more. Default false.
   */
  readonly isInPlace?: boolean;
}

/** An open graph. */
export interface RunnerSession {
  /**
   * Runs the graph on the held tensors and these, which are the runner's from now on. Results are the caller's.
   *
   * @param memory - what results are written into, by their names; others get memory of their own
   */
  run(values: Tensors, memory: Tensors): Promise<Tensors>;
  /** Frees the session, after the runs that have begun. */
  release(): Promise<void>;
}

/** Where graphs run: this thread, or another. It keeps the tensors that many runs read. */
export interface GraphRunner {
  /**
   * Tensors that share no memory with the caller's where that would be another thread's, taken at once. What
   * is given to `hold` and to `run` comes from here, or was made for it.
   *
   * @param tensors - the caller's
   * @param transfer - whether their memory is moved (they are empty from then on) or copied;
   * default: as the runner was made
   */
  own(tensors: Tensors, transfer?: Transfer): Tensors;
  /** Holds tensors: inputs, by name, of the runs that follow. They replace those of the same names. */
  hold(tensors: Tensors): Promise<void>;
  /**
   * The held tensors of these names; valid until the next `commit` or `hold`, where updates are in place
   * until the next `run`, not to be written.
   */
  held(names: readonly string[]): Promise<Tensors>;
  /** Copies of the held tensors of these names. */
  copies(names: readonly string[]): Promise<Tensors>;
  /** Holds what the last run gave for held tensors, if not in place; once a run. Without it, they stay as they were. */
  commit(): Promise<void>;
  open(graph: RunnableGraph, options: SessionOptions): Promise<RunnerSession>;
  /** Ends the runner; sessions are to be released before. */
  dispose(): Promise<void>;
}

/** What becomes of memory that is handed to another thread: moved, which empties the arrays over it, or copied. */
export type Transfer = 'move' | 'copy';

/** A runner in this thread: nothing is moved or copied, and a run blocks whatever else the thread does. */
export function createLocalRunner(): GraphRunner {
  let held: Tensors = {};
  // Two sets of memory take turns, but for updates in place: one is read while the other is written.
  let spare: Tensors = {};

  function heldOf(names: readonly string[]): Tensors {
    const wanted = new Set(names);
    return picked(held, (name) => wanted.has(name));
  }

  return {
    own: (tensors) => tensors,
    async hold(tensors) {
      held = { ...held, ...tensors };
    },
    held: async (names) => heldOf(names),
    copies: async (names) => copiesOf(heldOf(names)),
    async commit() {
      const before = picked(held, (name) => name in spare);
      held = { ...held, ...spare };
      spare = before;
    },
    async open({ model, memory: constants = {}, outputs, updates = [], isInPlace = false }, options) {
      const session = await createSession({ model, memory: constants }, options);
      const updated = new Set(updates);
      return {
        async run(values, memory) {
          checkMemoryNames(memory, outputs);
          const state = isInPlace ? picked(held, (name) => updated.has(name)) : spare;
          const buffers = { ...state, ...memory };
          const results = await runSession(session, outputs, { ...held, ...values }, buffers);
          if (updated.size === 0) return results;
          if (!isInPlace) spare = picked(results, (name) => updated.has(name));
          return picked(results, (name) => !updated.has(name));
        },
        release: () => session.release(),
      };
    },
    async dispose() {
      held = {};
      spare = {};
    },
  };
}
