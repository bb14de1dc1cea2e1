/** The thread that graphs run in: a runner behind messages. It loads onnxruntime, and nothing of tfjs. */
import { parentPort, workerData } from 'node:worker_threads';
import { buffersOf } from './own-tensors.js';
import type { RunnerSession } from './runner.js';
import type { Tensors } from './tensors.js';
import { inside, type WorkerGate } from './worker-gate.js';
import { type Call, errorRecord, type Reply, type Request } from './worker-messages.js';

const port = parentPort;
if (port === null) throw new Error('session-worker: expected to be started as a worker thread');
const gate = workerData as WorkerGate;
// Imported inside the gate, since it loads onnxruntime.
const runner = await inside(gate, async () => (await import('./runner.js')).createLocalRunner());
const sessions = new Map<number, RunnerSession>();

// Whatever ends this thread: sessions are not of its own memory. Those that run can't be here, as a run is synchronous.
process.on('exit', () => {
  for (const session of sessions.values()) void session.release();
});

function sessionOf(number: number): RunnerSession {
  const session = sessions.get(number);
  if (session === undefined) throw new Error(`session-worker: no session ${number}`);
  return session;
}

async function answer(request: Request): Promise<Tensors> {
  switch (request.kind) {
    case 'hold':
      await runner.hold(request.tensors);
      return {};
    case 'held':
      return runner.held(request.names);
    case 'commit':
      await runner.commit();
      return {};
    case 'open':
      sessions.set(request.session, await runner.open(request.graph, request.options));
      return {};
    case 'run':
      return sessionOf(request.session).run(request.values, {});
    case 'release': {
      const session = sessionOf(request.session);
      sessions.delete(request.session);
      await session.release();
      return {};
    }
  }
}

/** Requests are answered one after the other. */
let last: Promise<void> = Promise.resolve();
port.on('message', ({ call, request }: Call) => {
  const reply = (message: Reply, moved: ArrayBuffer[] = []) => port.postMessage(message, moved);
  last = last
    .then(() => inside(gate, () => answer(request)))
    .then(
      // Results of a run are nobody else's and are moved; what is held stays, and is copied on its way.
      (tensors) => reply({ call, tensors }, request.kind === 'run' ? buffersOf(tensors) : []),
      (error: unknown) => reply({ call, error: errorRecord(error) }),
    );
});
