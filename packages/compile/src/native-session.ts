import { FgamError } from './error.js';
import { ONNX_TYPES } from './onnx-graph.js';
import type { NamedTensors, OrtLibrary, Pointer, TextList } from './ort-library.js';
import type { OpenSession, SessionModel, SessionSettings } from './session.js';
import { type HostTensor, tensorNamed, type Tensors } from './tensors.js';

/** Frees what belongs to sessions that nobody released: their memory is none of V8's. */
const forgotten = new FinalizationRegistry<() => void>((free) => free());

/**
 * A session on the CPU by onnxruntime's C API: a run reads and writes the given memory, nothing is copied.
 *
 * @throws Error where the library refuses the model
 */
export function createNativeSession(
  library: OrtLibrary,
  model: SessionModel,
  settings: SessionSettings,
): OpenSession {
  const constants = constantsOf(library, settings.memory);
  const session = sessionOf(library, model, settings, constants);
  const free = createFree(library, session, constants);
  try {
    const inputNames = library.inputNames(session);
    const inputs = createSlots(library, inputNames, free);
    let outputs: Slots | undefined;
    const opened: OpenSession = {
      inputNames,
      async run(given, results) {
        // A run blocks its thread: whoever runs one after another lets timers and messages through in between.
        await new Promise((resolve) => setImmediate(resolve));
        if (free.done) throw new FgamError('compile/disposed', 'session: run after release');
        // The same for every run: the results of a graph.
        outputs ??= createSlots(library, Object.keys(results), free);
        // Nothing may come between the addresses and the run: what `fill` looked at is alive until then.
        library.run(session, {
          inputNames: inputs.names,
          inputs: inputs.fill(given),
          outputNames: outputs.names,
          outputs: outputs.fill(results),
        });
      },
      release() {
        forgotten.unregister(opened);
        free.all();
      },
    };
    // Not a closure of this function, which would hold the session that it waits for.
    forgotten.register(opened, free.all, opened);
    return opened;
  } catch (error) {
    free.all();
    throw error;
  }
}

/** The tensors of a model's constants, over memory that is kept as long as they are used. */
interface Constants extends NamedTensors {
  readonly memory: SessionSettings['memory'];
}

function constantsOf(library: OrtLibrary, memory: SessionSettings['memory']): Constants {
  const tensors = Object.values(memory).map(({ data, shape, type }) =>
    library.createTensor(data, shape, type),
  );
  return { names: library.textList(Object.keys(memory)), tensors: BigUint64Array.from(tensors), memory };
}

function sessionOf(
  library: OrtLibrary,
  model: SessionModel,
  settings: SessionSettings,
  constants: Constants,
): Pointer {
  try {
    return library.createSession(model, settings, constants);
  } catch (error) {
    for (const tensor of constants.tensors) library.releaseTensor(tensor);
    throw error;
  }
}

/** What is to be freed with a session, once. */
interface Free {
  readonly done: boolean;
  /** Arrays of addresses of tensors, 0 where there is none. */
  readonly tensors: BigUint64Array[];
  readonly constants: Constants;
  readonly all: () => void;
}

function createFree(library: OrtLibrary, session: Pointer, constants: Constants): Free {
  let done = false;
  const tensors: BigUint64Array[] = [constants.tensors];
  return {
    get done() {
      return done;
    },
    tensors,
    constants,
    all() {
      if (done) return;
      done = true;
      for (const address of tensors.flatMap((addresses) => [...addresses]))
        if (address !== 0n) library.releaseTensor(address);
      library.releaseSession(session);
    },
  };
}

/** The library's tensors for some names: made anew only for memory other than the last run's. */
interface Slots {
  readonly names: TextList;
  /** Addresses of tensors over these. Shapes and element types are those of the graph, the same in each run. */
  fill(tensors: Tensors): BigUint64Array;
}

/** The memory that a tensor of the library's is over. */
interface Owner {
  /** Weak, as memory of a caller's is not to be kept for a run that may never come. */
  readonly data: WeakRef<HostTensor['data']>;
  /** Fewer once it was moved to another thread, or its buffer resized. */
  readonly bytes: number;
}

function createSlots(library: OrtLibrary, names: readonly string[], free: Free): Slots {
  const addresses = new BigUint64Array(names.length);
  free.tensors.push(addresses);
  const owners: (Owner | undefined)[] = names.map(() => undefined);
  return {
    names: library.textList(names),
    fill(tensors) {
      names.forEach((name, slot) => {
        const { data, shape, dtype } = tensorNamed(tensors, name);
        const owner = owners[slot];
        if (owner?.data.deref() === data && owner.bytes === data.byteLength) return;
        owners[slot] = undefined;
        if (addresses[slot] !== 0n) library.releaseTensor(addresses[slot] as Pointer);
        addresses[slot] = 0n;
        addresses[slot] = library.createTensor(data, shape, ONNX_TYPES[dtype]);
        owners[slot] = { data: new WeakRef(data), bytes: data.byteLength };
      });
      return addresses;
    },
  };
}
