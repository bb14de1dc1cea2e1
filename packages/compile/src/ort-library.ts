import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type * as Koffi from 'koffi';
import type { SessionModel, SessionSettings } from './session.js';

/** How a function takes an argument: a C type, or a place for a result. */
type ArgumentType = string | ReturnType<typeof Koffi.out>;

/** A pointer of the library's. */
export type Pointer = bigint;

/**
 * The functions of onnxruntime's C API that sessions on the CPU need. Those that can fail throw
 * an Error with its message.
 */
export interface OrtLibrary {
  /**
   * Kept with the functions: koffi unloads a library whose handle nothing refers to, and functions found by
   * their address do not count.
   */
  readonly handle: Koffi.LibraryHandle;
  /**
   * A session of a model's bytes or of its file. The library keeps neither, but reads the given constants'
   * tensors as long as the session is there.
   */
  createSession(
    model: SessionModel,
    settings: Omit<SessionSettings, 'memory'>,
    constants: NamedTensors,
  ): Pointer;
  inputNames(session: Pointer): string[];
  /** A tensor over memory that the caller keeps as long as the tensor is used. */
  createTensor(data: ArrayBufferView, shape: readonly number[], elementType: number): Pointer;
  /** Texts as the library reads them. */
  textList(texts: readonly string[]): TextList;
  /** Runs a session, which blocks this thread. */
  run(session: Pointer, call: OrtCall): void;
  releaseTensor(tensor: Pointer): void;
  releaseSession(session: Pointer): void;
}

/**
 * Texts that end in a zero byte, and where each of them begins; `bytes` is to be kept as long
 * as the addresses are used.
 */
export interface TextList {
  readonly bytes: Uint8Array;
  readonly addresses: BigUint64Array;
}

/** Names and addresses of tensors. */
export interface NamedTensors {
  readonly names: TextList;
  readonly tensors: BigUint64Array;
}

/** Names and addresses of tensors of a run. */
export interface OrtCall {
  readonly inputNames: TextList;
  readonly inputs: BigUint64Array;
  readonly outputNames: TextList;
  readonly outputs: BigUint64Array;
}

/** The version of the C API that this is written for; later libraries offer it too. */
const API_VERSION = 17;
/** Where functions lie in the API's table, whose order is fixed (onnxruntime_c_api.h). */
const AT = {
  GetErrorMessage: 2,
  CreateEnv: 3,
  CreateSession: 7,
  CreateSessionFromArray: 8,
  Run: 9,
  CreateSessionOptions: 10,
  DisableMemPattern: 17,
  DisableCpuMemArena: 19,
  SetSessionLogSeverityLevel: 22,
  SetIntraOpNumThreads: 24,
  SessionGetInputCount: 30,
  SessionGetInputName: 36,
  CreateTensorWithDataAsOrtValue: 49,
  CreateCpuMemoryInfo: 69,
  AllocatorFree: 76,
  GetAllocatorWithDefaultOptions: 78,
  ReleaseStatus: 93,
  ReleaseSession: 95,
  ReleaseValue: 96,
  ReleaseSessionOptions: 100,
  AddSessionConfigEntry: 130,
  AddExternalInitializers: 210,
} as const;
const POINTER_BYTES = 8;
/** Warnings, as onnxruntime-node's own: the first to open the library decides for all of the process. */
const PROCESS_LOG_LEVEL = 2;
/** Of what the library may use while it makes a session of a deep graph: as much as Node's main thread has. */
const STACK_BYTES = 8 * 2 ** 20;
const [DEVICE_ALLOCATOR, DEFAULT_MEMORY] = [0, 0];

const NOTHING = bytesOutsideHeap(POINTER_BYTES);

/** The files of the library that onnxruntime-node's binding itself loads: another copy would be another onnxruntime. */
const FILES: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  linux: 'libonnxruntime.so.1',
  darwin: 'libonnxruntime.1.dylib',
  win32: 'onnxruntime.dll',
};

/** Undefined until it was asked for, null where it can't be had. */
let opened: OrtLibrary | null | undefined;

/**
 * The onnxruntime that onnxruntime-node brings, by its C API; undefined, with a warning of the process,
 * where it can't be loaded. The package's own binding copies every result; here a run reads and writes
 * the caller's memory alone.
 */
export function ortLibrary(): OrtLibrary | undefined {
  if (opened === undefined) {
    try {
      opened = openLibrary();
    } catch (cause) {
      opened = null;
      const said = cause instanceof Error ? cause.message : String(cause);
      process.emitWarning(
        `onnxruntime's library can't be called directly (${said}); onnxruntime-node's binding is used, which copies results`,
        { type: 'FgamWarning', code: 'compile/no-library' },
      );
    }
  }
  return opened ?? undefined;
}

function libraryPath(require: NodeJS.Require): string {
  const file = FILES[process.platform];
  if (file === undefined) throw new Error(`onnxruntime-node has no library for ${process.platform}`);
  const root = dirname(require.resolve('onnxruntime-node/package.json'));
  return join(root, 'bin', 'napi-v6', process.platform, process.arch, file);
}

/** Memory that never moves: small typed arrays begin within V8's heap. */
function bytesOutsideHeap(length: number): Uint8Array {
  return new Uint8Array(new ArrayBuffer(length));
}

function openLibrary(): OrtLibrary {
  const require = createRequire(import.meta.url);
  // Not imported: where it has no binary, its module throws.
  const koffi = require('koffi') as typeof Koffi;
  enlargeStack(koffi);
  const handle = koffi.load(libraryPath(require));
  /** A function of a table of function pointers. */
  const functionAt = (
    table: Pointer,
    index: number,
    result: string,
    args: readonly ArgumentType[],
  ): ((...values: unknown[]) => unknown) => {
    const address = pointer(koffi.decode(table, index * POINTER_BYTES, 'void *'), `function ${index}`);
    return koffi.decode(address, koffi.proto(result, [...args])) as (...values: unknown[]) => unknown;
  };
  const base = pointer(handle.func('OrtGetApiBase', 'void *', [])(), 'OrtGetApiBase');
  const getApi = functionAt(base, 0, 'void *', ['uint32_t']);
  const api = pointer(getApi(API_VERSION), `version ${API_VERSION} of the API`);
  const native = (name: keyof typeof AT, result: string, args: readonly ArgumentType[]) =>
    functionAt(api, AT[name], result, args);
  const out = koffi.out(koffi.pointer('void *'));

  const messageOf = native('GetErrorMessage', 'const char *', ['void *']);
  const releaseStatus = native('ReleaseStatus', 'void', ['void *']);
  /** A function that returns a status, which is null where it went well. */
  const checked = (name: keyof typeof AT, args: readonly ArgumentType[]) => {
    const call = native(name, 'void *', args);
    return (...values: unknown[]): void => {
      const status: unknown = call(...values);
      if (status === null) return;
      const message = messageOf(status) as string;
      releaseStatus(status);
      throw new Error(message);
    };
  };
  /** Of functions whose last argument is where the result goes. */
  const made = (name: keyof typeof AT, args: readonly ArgumentType[]) => {
    const call = checked(name, [...args, out]);
    return (...values: unknown[]): Pointer => {
      const result: [unknown] = [null];
      call(...values, result);
      return pointer(result[0], name);
    };
  };

  const env = made('CreateEnv', ['int', 'str'])(PROCESS_LOG_LEVEL, 'onnxruntime-node');
  const cpuMemory = made('CreateCpuMemoryInfo', ['int', 'int'])(DEVICE_ALLOCATOR, DEFAULT_MEMORY);
  const allocator = made('GetAllocatorWithDefaultOptions', [])();
  const createOptions = made('CreateSessionOptions', []);
  const setLogLevel = checked('SetSessionLogSeverityLevel', ['void *', 'int']);
  const setThreads = checked('SetIntraOpNumThreads', ['void *', 'int']);
  const disablePattern = checked('DisableMemPattern', ['void *']);
  const disableArena = checked('DisableCpuMemArena', ['void *']);
  const addEntry = checked('AddSessionConfigEntry', ['void *', 'str', 'str']);
  const addExternals = checked('AddExternalInitializers', ['void *', 'void *', 'void *', 'size_t']);
  const sessionOfBytes = made('CreateSessionFromArray', ['void *', 'void *', 'size_t', 'void *']);
  const sessionOfFile = made('CreateSession', [
    'void *',
    process.platform === 'win32' ? 'str16' : 'str',
    'void *',
  ]);
  const inputCount = checked('SessionGetInputCount', ['void *', koffi.out(koffi.pointer('size_t'))]);
  const inputName = made('SessionGetInputName', ['void *', 'size_t', 'void *']);
  const free = checked('AllocatorFree', ['void *', 'void *']);
  const createTensor = made('CreateTensorWithDataAsOrtValue', [
    'void *',
    'void *',
    'size_t',
    'void *',
    'size_t',
    'int',
  ]);
  const run = checked('Run', [
    'void *',
    'void *',
    'void *',
    'void *',
    'size_t',
    'void *',
    'size_t',
    'void *',
  ]);
  const releaseTensor = native('ReleaseValue', 'void', ['void *']);
  const releaseSession = native('ReleaseSession', 'void', ['void *']);
  const releaseOptions = native('ReleaseSessionOptions', 'void', ['void *']);

  return {
    handle,
    createSession(model, { threads, logLevel, keepsMemory, entries }, { names, tensors }) {
      const options = createOptions();
      try {
        setLogLevel(options, logLevel);
        setThreads(options, threads);
        // The pattern of a first run would be set aside whole for all later ones: a third more memory, and
        // no faster (docs/log.md).
        disablePattern(options);
        if (!keepsMemory) disableArena(options);
        for (const [key, value] of Object.entries(entries)) addEntry(options, key, value);
        if (tensors.length > 0) addExternals(options, names.addresses, tensors, tensors.length);
        return typeof model === 'string'
          ? sessionOfFile(env, model, options)
          : sessionOfBytes(env, model, model.byteLength, options);
      } finally {
        releaseOptions(options);
      }
    },
    inputNames(session) {
      const count = [0];
      inputCount(session, count);
      return Array.from({ length: Number(count[0]) }, (_, index) => {
        const text = inputName(session, index, allocator);
        try {
          return koffi.decode(text, 'char', -1) as string;
        } finally {
          free(allocator, text);
        }
      });
    },
    createTensor: (data, shape, elementType) =>
      createTensor(
        cpuMemory,
        // The memory of an empty array has no address.
        data.byteLength === 0 ? NOTHING : data,
        data.byteLength,
        BigInt64Array.from(shape, BigInt),
        shape.length,
        elementType,
      ),
    textList(texts) {
      const encoded = texts.map((text) => Buffer.from(`${text}\0`));
      const bytes = bytesOutsideHeap(encoded.reduce((sum, { length }) => sum + length, 0));
      bytes.set(Buffer.concat(encoded));
      let place = koffi.address(bytes);
      const addresses = encoded.map(({ length }) => {
        const address = place;
        place += BigInt(length);
        return address;
      });
      return { bytes, addresses: BigUint64Array.from(addresses) };
    },
    run(session, { inputNames, inputs, outputNames, outputs }) {
      run(
        session,
        null,
        inputNames.addresses,
        inputs,
        inputs.length,
        outputNames.addresses,
        outputs.length,
        outputs,
      );
    },
    releaseTensor: (tensor) => void releaseTensor(tensor),
    releaseSession: (session) => void releaseSession(session),
  };
}

/** A pointer that the library gave. */
function pointer(value: unknown, of: string): Pointer {
  if (typeof value !== 'bigint' || value === 0n) throw new Error(`onnxruntime gave no ${of}`);
  return value;
}

function enlargeStack(koffi: typeof Koffi): void {
  try {
    koffi.config({ sync_stack_size: STACK_BYTES });
  } catch (error) {
    // Whoever loaded something with koffi before has settled it: 2 MiB by default, enough for all but very deep graphs.
    if (!(error instanceof Error)) throw error;
  }
}
