import { Worker } from 'node:worker_threads';
import { FgamError } from './error.js';
import { buffersOf, ownedTensors, wholeBuffers } from './own-tensors.js';
import { createLocalRunner, type GraphRunner, type Transfer } from './runner.js';
import { type Tensors, writtenInto } from './tensors.js';
import { createGate, removeGate } from './worker-gate.js';
import { errorOf, type Reply, type Request } from './worker-messages.js';

/**
 * Whether graphs run in a worker thread of their own, so that a run blocks nothing else. Inputs are moved to
 * it, which empties the caller's arrays; with `transfer: 'copy'` they are copied.
 */
export type WorkerChoice = boolean | { readonly transfer?: Transfer };

/** The file that a worker starts with, beside this one: in `dist`, or in the sources. */
const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? './session-worker-from-sources.mjs' : './session-worker.js',
  import.meta.url,
);

/** A runner in this thread or in one of its own. */
export function createRunner(name: string, worker: WorkerChoice): GraphRunner {
  if (worker === false) return createLocalRunner();
  return createWorkerRunner(name, worker === true ? 'move' : (worker.transfer ?? 'move'));
}

/**
 * A runner in a worker thread, which starts at once. Calls that wait keep the process alive; a
 * worker without any does not.
 */
function createWorkerRunner(name: string, inputs: Transfer): GraphRunner {
  const gate = createGate();
  // Options of this process such as --input-type are not the worker's: some would keep it from starting.
  const thread = new Worker(WORKER, { name: `fgam: ${name}`, execArgv: [], workerData: gate });
  const waiting = new Map<number, { resolve: (tensors: Tensors) => void; reject: (error: Error) => void }>();
  let calls = 0;
  let sessions = 0;
  let ended: FgamError | undefined;

  thread.unref();
  thread.on('message', (reply: Reply) => {
    const caller = waiting.get(reply.call);
    waiting.delete(reply.call);
    if (waiting.size === 0) thread.unref();
    if ('error' in reply) caller?.reject(errorOf(reply.error));
    else caller?.resolve(reply.tensors);
  });
  thread.on('messageerror', (cause: Error) => fail(cause.message, cause));
  thread.on('error', (cause: Error) => {
    removeGate(gate);
    fail(cause.message, cause);
  });
  thread.on('exit', (code) => {
    removeGate(gate);
    fail(`exit code ${code}`);
  });

  /** Fails the calls that wait and all later ones; the first reason is the one that is told. */
  function fail(reason: string, cause?: Error): void {
    ended ??= new FgamError(
      'compile/no-worker',
      `${name}: its worker thread has ended (${reason}), and with it what it held; make a new one and load what was saved last`,
      { cause },
    );
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  }

  async function ask(request: Request, moved: readonly ArrayBuffer[] = []): Promise<Tensors> {
    if (ended !== undefined) throw ended;
    const call = calls++;
    thread.postMessage({ call, request }, [...moved]);
    thread.ref();
    return new Promise((resolve, reject) => waiting.set(call, { resolve, reject }));
  }

  return {
    own: (tensors, transfer = inputs) => ownedTensors(tensors, transfer),
    async hold(tensors) {
      await ask({ kind: 'hold', tensors }, buffersOf(tensors));
    },
    held: (names) => ask({ kind: 'held', names }),
    copies: (names) => ask({ kind: 'held', names }),
    async commit() {
      await ask({ kind: 'commit' });
    },
    async open({ model, memory: constants = {}, outputs, updates = [], isInPlace = false }, options) {
      const session = sessions++;
      const bytes = typeof model === 'string' ? [] : wholeBuffers(model);
      await ask(
        { kind: 'open', session, graph: { model, memory: constants, outputs, updates, isInPlace }, options },
        bytes,
      );
      return {
        run: async (values, memory) =>
          writtenInto(memory, await ask({ kind: 'run', session, values }, buffersOf(values))),
        async release() {
          // A thread that has ended frees its sessions as it goes.
          if (ended === undefined) await ask({ kind: 'release', session });
        },
      };
    },
    async dispose() {
      // Answered when all before it is: a thread must not be ended inside onnxruntime (see WorkerGate).
      // Where it fails, it has ended.
      await ask({ kind: 'held', names: [] }).catch(() => undefined);
      await thread.terminate();
    },
  };
}
