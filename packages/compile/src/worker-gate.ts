/**
 * Words of shared memory by which a process that exits waits until its worker is out of onnxruntime. A thread
 * that is ended in there aborts the whole process (onnxruntime-node 1.30), whatever it was to exit with; the
 * wait costs nothing, as Node waits for the thread anyway.
 */
export type WorkerGate = Int32Array;

/** The word that says where the worker is, and the one that says that the process exits. */
const [PLACE, STOPPING] = [0, 1];
const [OUTSIDE, INSIDE, STOPPED] = [0, 1, 2];

const gates = new Set<WorkerGate>();

/** A gate that the process waits at when it exits. */
export function createGate(): WorkerGate {
  const gate = new Int32Array(new SharedArrayBuffer(8));
  // One listener for all gates: Node warns of many.
  if (gates.size === 0) process.on('exit', stopAll);
  gates.add(gate);
  return gate;
}

/** To be called when the worker ends, in whatever way: nobody would open its gate. */
export function removeGate(gate: WorkerGate): void {
  gates.delete(gate);
  if (gates.size === 0) process.off('exit', stopAll);
}

function stopAll(): void {
  for (const gate of gates) Atomics.store(gate, STOPPING, 1);
  for (const gate of gates)
    while (Atomics.compareExchange(gate, PLACE, OUTSIDE, STOPPED) === INSIDE)
      Atomics.wait(gate, PLACE, INSIDE);
}

/**
 * The worker's side: does something inside, one thing at a time. When the process exits, what
 * has not begun never ends.
 */
export async function inside<Result>(gate: WorkerGate, act: () => Promise<Result>): Promise<Result> {
  const isStopping = Atomics.load(gate, STOPPING) === 1;
  if (isStopping || Atomics.compareExchange(gate, PLACE, OUTSIDE, INSIDE) === STOPPED)
    return new Promise(() => undefined);
  try {
    return await act();
  } finally {
    Atomics.store(gate, PLACE, OUTSIDE);
    Atomics.notify(gate, PLACE);
  }
}
