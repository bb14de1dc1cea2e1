import { setImmediate } from 'node:timers/promises';
import { type Backend, type EagerBackend, isEager } from './backend.js';
import { FgamError } from './error.js';
import { runEagerly } from './run-eagerly.js';
import type { Transfer } from './runner.js';
import { createSessionCache, type RunStats } from './session-cache.js';
import type { Precision } from './onnx-graph.js';
import type { QuantizedWeights } from './quantize-products.js';
import { captureSessionGraph } from './session-graph.js';
import type { SessionOptions } from './session.js';
import { picked, signatureOf, specsOf } from './specs.js';
import { specOfStored, type StoredWeights } from './store-weights.js';
import { copiesOf, sizeOf, type TensorMap, type Tensors, type TensorSpec, writtenInto } from './tensors.js';
import { createRunner, type WorkerChoice } from './worker-runner.js';

/** How and where a program runs. */
export interface ExecutionOptions {
  /** Written into graphs and errors. */
  readonly name: string;
  readonly backend: Backend;
  readonly threads: number | undefined;
  readonly maxCached: number;
  readonly keepsMemory?: boolean;
  readonly worker: WorkerChoice;
  /** Default: `float32`. */
  readonly precision?: Precision | undefined;
  /** Whether held tensors are constants of the graphs, which are captured anew for others. Default false: inputs. */
  readonly holdsConstants?: boolean;
  /** Weights in files, by the graph's input names. Default: none. Not for eager backends. */
  readonly stored?: StoredWeights | undefined;
  /** Weights in 8 bits, by the graph's input names. Default: none. For onnxruntime on the CPU. */
  readonly quantized?: QuantizedWeights | undefined;
  /**
   * Whether the program goes forward and back through held tensors: what only inference gains by is left out.
   * Default: whether it updates any.
   */
  readonly isTraining?: boolean;
  /** Names of results that are the next values of held tensors; runs don't return them. Default: none. */
  readonly updates?: readonly string[];
  /**
   * Whether a captured program may write these over the held tensors, and `commit` has
   * nothing to do. Default false.
   */
  readonly updatesInPlace?: boolean;
}

/** A program over held tensors and inputs, on whichever backend. */
export interface Execution {
  /** Inputs as runs take them: moved or copied at once where runs are another thread's. */
  own(inputs: Tensors): Tensors;
  /**
   * Holds tensors for the runs that are asked for from now on; they replace those of the same names.
   *
   * @param transfer - `move` for tensors made for this; those of a caller are copied where runs are another
   * thread's, else read in place; constants are always copied
   */
  hold(tensors: Tensors, transfer: Transfer): Promise<void>;
  /**
   * The held tensors of these names; valid until the next `commit` or `hold`, where updates are in place
   * until the next `run`, not to be written.
   */
  held(names: readonly string[]): Promise<Tensors>;
  /** Copies of the held tensors of these names. */
  copies(names: readonly string[]): Promise<Tensors>;
  /** Holds what the last run gave for held tensors. */
  commit(): Promise<void>;
  /**
   * Runs the program on inputs of `own`; runs begin in the order in which they are asked for. Each lets
   * the event loop turn first.
   *
   * @param memory - what results are written into, by their names. Default: memory of their own
   */
  run(inputs: Tensors, memory?: Tensors): Promise<Tensors>;
  readonly stats: RunStats;
  /** Frees all, after the runs that were asked for. */
  dispose(): Promise<void>;
}

/**
 * @throws FgamError `compile/no-worker` for an eager backend in a worker, `compile/bad-input` for mixed
 * precision on the CPU or eagerly
 */
export function createExecution(
  program: (all: TensorMap) => TensorMap,
  options: ExecutionOptions,
): Execution {
  const { name, backend, worker, precision } = options;
  if (precision === 'mixed' && (isEager(backend) || backend === 'ort-cpu')) {
    throw new FgamError(
      'compile/bad-input',
      `${name}: expected a GPU provider of onnxruntime for mixed precision, got ${backend}, which has no products in float16; choose 'ort-cuda', 'ort-webgpu', ` +
        "'ort-coreml' or 'ort-dml', or precision 'float32'",
    );
  }
  if (options.stored !== undefined && isEager(backend)) {
    throw new FgamError(
      'compile/bad-input',
      `${name}: expected a backend of onnxruntime for weights in files, got ${backend}; read them first (readSafetensors)`,
    );
  }
  if (options.quantized !== undefined && backend !== 'ort-cpu') {
    throw new FgamError(
      'compile/bad-input',
      `${name}: expected the backend ort-cpu for weights in 8 bits, got ${backend}; use weights in float32 there`,
    );
  }
  if (!isEager(backend)) return capturedExecution(program, { ...options, backend });
  if (worker === false) return eagerExecution(program, backend, options.updates ?? []);
  throw new FgamError(
    'compile/no-worker',
    `${name}: expected a backend of onnxruntime for a worker, got ${backend}, which calls the program itself and so runs in its thread; ` +
      "choose 'ort-cpu', or no worker",
  );
}

/**
 * Bytes of weights from which on copying them in a run is looked at: that of fewer costs little, and what
 * small models say stays the same to the bit.
 */
const LARGE_BYTES = 64 * 2 ** 20;

function areLarge(...specs: readonly Readonly<Record<string, TensorSpec>>[]): boolean {
  const sizes = specs.flatMap((each) => Object.values(each)).map(({ shape }) => 4 * sizeOf(shape));
  return sizes.reduce((sum, bytes) => sum + bytes, 0) > LARGE_BYTES;
}

function capturedExecution(
  program: (all: TensorMap) => TensorMap,
  options: ExecutionOptions & Pick<Required<SessionOptions>, 'backend'>,
): Execution {
  const { name, backend, threads, maxCached, keepsMemory = false, worker, updates = [] } = options;
  const { precision = 'float32', holdsConstants = false, updatesInPlace: isInPlace = false } = options;
  const stored = options.stored?.tensors ?? {};
  const { quantized, isTraining = updates.length > 0 } = options;
  const storedSpecs = Object.fromEntries([
    ...Object.entries(stored).map(([key, tensor]) => [key, specOfStored(tensor)] as const),
    ...Object.entries(quantized?.matrices ?? {}).map(([key, { shape }]): [string, TensorSpec] => [
      key,
      { shape, dtype: 'float32' },
    ]),
  ]);
  const runner = createRunner(name, worker);
  const sessionOptions = {
    backend,
    keepsMemory,
    ...(threads === undefined ? {} : { threads }),
    ...(options.stored === undefined ? {} : { weightsFolder: options.stored.folder, keepsEqual: isTraining }),
  };
  const cache = createSessionCache(maxCached, (graph) =>
    runner.open({ ...graph, updates, isInPlace }, sessionOptions),
  );
  let heldSpecs: Readonly<Record<string, TensorSpec>> = {};
  let constants: Tensors = {};
  let runs = 0;
  let runMilliseconds = 0;
  /**
   * Runs are asked of the runner one after the other, however long their graphs take to prepare: each
   * reads what was held by then.
   */
  let turn: Promise<unknown> = Promise.resolve();

  function inTurn<Result>(ask: () => Promise<Result>): Promise<Result> {
    const asked = turn.then(ask);
    turn = asked.catch(() => undefined);
    return asked;
  }

  return {
    own: (inputs) => runner.own(inputs),
    hold(tensors, transfer) {
      heldSpecs = { ...heldSpecs, ...specsOf(tensors) };
      if (holdsConstants) {
        // Graphs of shapes that come later are to hold the same.
        const copies = copiesOf(tensors);
        return inTurn(async () => {
          constants = { ...constants, ...copies };
          cache.clear();
        });
      }
      const owned = runner.own(tensors, transfer);
      return inTurn(() => runner.hold(owned));
    },
    held: (names) => inTurn(() => runner.held(names)),
    copies: (names) => inTurn(() => runner.copies(names)),
    commit: () => inTurn(() => runner.commit()),
    async run(inputs, memory = {}) {
      const started = performance.now();
      const specs = specsOf(inputs);
      const { running } = await inTurn(async () => {
        const session = await cache.prepared(signatureOf(specs), () =>
          captureSessionGraph({ ...storedSpecs, ...heldSpecs, ...specs }, program, {
            name,
            backend,
            precision,
            constants,
            stored,
            quantized,
            rewritesProducts: backend === 'ort-cpu' && !isTraining && areLarge(heldSpecs, storedSpecs),
          }),
        );
        // Not awaited: the next run may be asked for while this one is going.
        return { running: session.run(inputs, memory) };
      });
      const results = await running;
      runs += 1;
      runMilliseconds += performance.now() - started;
      return results;
    },
    get stats() {
      const { captures, captureMilliseconds } = cache;
      return { runs, runMilliseconds, captures, captureMilliseconds };
    },
    async dispose() {
      await turn;
      try {
        await cache.dispose();
      } finally {
        await runner.dispose();
      }
    },
  };
}

function eagerExecution(
  program: (all: TensorMap) => TensorMap,
  backend: EagerBackend,
  updates: readonly string[],
): Execution {
  let held: Tensors = {};
  let next: Tensors = {};
  let runs = 0;
  let runMilliseconds = 0;
  return {
    own: (inputs) => inputs,
    async hold(tensors) {
      held = { ...held, ...tensors };
    },
    held: async (names) => picked(held, (name) => names.includes(name)),
    copies: async (names) => copiesOf(picked(held, (name) => names.includes(name))),
    async commit() {
      held = { ...held, ...next };
    },
    async run(inputs, memory = {}) {
      // As runs of sessions do.
      await setImmediate();
      const started = performance.now();
      const results = await runEagerly(backend, { ...held, ...inputs }, program);
      runs += 1;
      runMilliseconds += performance.now() - started;
      next = picked(results, (name) => updates.includes(name));
      return writtenInto(
        memory,
        picked(results, (name) => !updates.includes(name)),
      );
    },
    get stats() {
      return { runs, runMilliseconds, captures: 0, captureMilliseconds: 0 };
    },
    async dispose() {
      held = {};
      next = {};
    },
  };
}
