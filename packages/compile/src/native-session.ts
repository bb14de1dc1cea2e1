import { ONNX_TYPES } from './onnx-graph.js';
import type { OrtLibrary, Pointer, TextList } from './ort-library.js';
import type { OpenSession, SessionModel, SessionSettings } from './session.js';
import type { HostTensor, Tensors } from './tensors.js';

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
  const options = library.createOptions({
    threads: settings.threads,
    usesArena: settings.keepsMemory,
    entries: settings.entries,
  });
  let session: Pointer;
  try {
    session = library.createSession(model, options);
  } finally {
    library.releaseOptions(options);
  }
  const inputNames = library.inputNames(session);
  const inputs = createSlots(library, inputNames);
  let outputs: Slots | undefined;
  return {
    inputNames,
    run(given, results) {
      // The same for every run: the results of a graph.
      outputs ??= createSlots(library, Object.keys(results));
      library.run(session, {
        inputNames: inputs.names,
        inputs: inputs.fill(given),
        outputNames: outputs.names,
        outputs: outputs.fill(results),
      });
    },
    release() {
      inputs.release();
      outputs?.release();
      library.releaseSession(session);
    },
  };
}

/** The library's tensors for some names: made anew only for memory other than the last run's. */
interface Slots {
  readonly names: TextList;
  /** Addresses of tensors over these; the memory is to be kept until the run is over. */
  fill(tensors: Tensors): BigUint64Array;
  release(): void;
}

function createSlots(library: OrtLibrary, names: readonly string[]): Slots {
  const addresses = new BigUint64Array(names.length);
  /** Whose memory each tensor is over. Weak, as memory of a caller's is not to be kept for what may never come. */
  const owners: (WeakRef<HostTensor['data']> | undefined)[] = names.map(() => undefined);
  return {
    names: library.textList(names),
    fill(tensors) {
      names.forEach((name, slot) => {
        const { data, shape, dtype } = tensors[name] as HostTensor;
        if (owners[slot]?.deref() === data) return;
        if (addresses[slot] !== 0n) library.releaseTensor(addresses[slot] as Pointer);
        addresses[slot] = 0n;
        addresses[slot] = library.createTensor(data, shape, ONNX_TYPES[dtype]);
        owners[slot] = new WeakRef(data);
      });
      return addresses;
    },
    release() {
      for (const address of addresses) if (address !== 0n) library.releaseTensor(address);
      addresses.fill(0n);
    },
  };
}
