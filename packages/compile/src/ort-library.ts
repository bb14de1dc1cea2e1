import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import koffi from 'koffi';

/** How a function takes an argument: a C type, or a place for a result. */
type ArgumentType = string | ReturnType<typeof koffi.out>;

/** A pointer of the library's. */
export type Pointer = bigint;

/** The functions of onnxruntime's C API that sessions on the CPU need. Those that can fail throw an Error with its message. */
export interface OrtLibrary {
  createOptions(settings: OrtSettings): Pointer;
  /** A session of a model's bytes or of its file. The library keeps neither. */
  createSession(model: Uint8Array | string, options: Pointer): Pointer;
  inputNames(session: Pointer): string[];
  /** A tensor over memory that the caller keeps as long as the tensor is used. */
  createTensor(data: ArrayBufferView, shape: readonly number[], elementType: number): Pointer;
  /** Texts as the library reads them. */
  textList(texts: readonly string[]): TextList;
  /** Runs a session. A null output is the library's to make, and the caller's to release. */
  run(session: Pointer, call: OrtCall): void;
  releaseTensor(tensor: Pointer): void;
  releaseSession(session: Pointer): void;
  releaseOptions(options: Pointer): void;
}

/** How a session is made. */
export interface OrtSettings {
  readonly threads: number;
  readonly usesArena: boolean;
  /** Entries of the session's configuration. */
  readonly entries: Readonly<Record<string, string>>;
}

/** Texts that end in a zero byte, and where each of them begins; `bytes` is to be kept as long as the addresses are used. */
export interface TextList {
  readonly bytes: Uint8Array;
  readonly addresses: BigUint64Array;
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
} as const;
const POINTER_BYTES = 8;
/** Fatal faults only: errors are thrown, and warnings about unused constants and the like concern nobody who captured a working program. */
const LOG_LEVEL = 4;
const [DEVICE_ALLOCATOR, DEFAULT_MEMORY] = [0, 0];

const NOTHING = new Uint8Array(POINTER_BYTES);

/** Undefined until it was asked for, null where it can't be had. */
let opened: OrtLibrary | null | undefined;

/**
 * The onnxruntime that onnxruntime-node brings, by its C API; undefined where it can't be loaded. The package's own binding copies every
 * result; here a run reads and writes the caller's memory alone.
 */
export function ortLibrary(): OrtLibrary | undefined {
  if (opened === undefined) {
    try {
      opened = openLibrary();
    } catch {
      // A platform that koffi or onnxruntime-node has no library for: the binding may still know it, or says why not.
      opened = null;
    }
  }
  return opened ?? undefined;
}

/** The library's file: libonnxruntime.so.1, libonnxruntime.1.30.0.dylib or onnxruntime.dll. */
function libraryPath(): string {
  const root = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  const folder = join(root, 'bin', 'napi-v6', process.platform, process.arch);
  const name = existsSync(folder)
    ? readdirSync(folder).find((file) => /^(lib)?onnxruntime\.(so\.1|\d[\d.]*dylib|dll)$/.test(file))
    : undefined;
  if (name === undefined)
    throw new Error(`onnxruntime-node has no library for ${process.platform} on ${process.arch}`);
  return join(folder, name);
}

function openLibrary(): OrtLibrary {
  const library = koffi.load(libraryPath());
  const getBase = library.func('OrtGetApiBase', 'void *', []);
  const getApi = functionAt(getBase() as Pointer, 0, 'void *', ['uint32_t']);
  const api = getApi(API_VERSION) as Pointer | null;
  if (api === null) throw new Error(`this onnxruntime does not offer version ${API_VERSION} of its API`);
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
      const result: [Pointer | null] = [null];
      call(...values, result);
      return result[0] as Pointer;
    };
  };

  const env = made('CreateEnv', ['int', 'str'])(LOG_LEVEL, '@fgam/compile');
  const cpuMemory = made('CreateCpuMemoryInfo', ['int', 'int'])(DEVICE_ALLOCATOR, DEFAULT_MEMORY);
  const allocator = made('GetAllocatorWithDefaultOptions', [])();
  const createOptions = made('CreateSessionOptions', []);
  const setLogLevel = checked('SetSessionLogSeverityLevel', ['void *', 'int']);
  const setThreads = checked('SetIntraOpNumThreads', ['void *', 'int']);
  const disablePattern = checked('DisableMemPattern', ['void *']);
  const disableArena = checked('DisableCpuMemArena', ['void *']);
  const addEntry = checked('AddSessionConfigEntry', ['void *', 'str', 'str']);
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
  const release = {
    tensor: native('ReleaseValue', 'void', ['void *']),
    session: native('ReleaseSession', 'void', ['void *']),
    options: native('ReleaseSessionOptions', 'void', ['void *']),
  };

  return {
    createOptions({ threads, usesArena, entries }) {
      const options = createOptions();
      setLogLevel(options, LOG_LEVEL);
      setThreads(options, threads);
      // The pattern of a first run would be set aside whole for all later ones: a third more memory, and no faster (docs/log.md).
      disablePattern(options);
      if (!usesArena) disableArena(options);
      for (const [key, value] of Object.entries(entries)) addEntry(options, key, value);
      return options;
    },
    createSession: (model, options) =>
      typeof model === 'string'
        ? sessionOfFile(env, model, options)
        : sessionOfBytes(env, model, model.byteLength, options),
    inputNames(session) {
      const count = [0];
      inputCount(session, count);
      return Array.from({ length: Number(count[0]) }, (_, index) => {
        const text = inputName(session, index, allocator);
        const name = koffi.decode(text, 'char', -1) as string;
        free(allocator, text);
        return name;
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
      const bytes = new Uint8Array(Buffer.concat(encoded));
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
    releaseTensor: (tensor) => void release.tensor(tensor),
    releaseSession: (session) => void release.session(session),
    releaseOptions: (options) => void release.options(options),
  };
}

/** A function of a table of function pointers. */
function functionAt(
  table: Pointer,
  index: number,
  result: string,
  args: readonly ArgumentType[],
): (...values: unknown[]) => unknown {
  const address: unknown = koffi.decode(table, index * POINTER_BYTES, 'void *');
  return koffi.decode(address, koffi.proto(result, [...args])) as (...values: unknown[]) => unknown;
}
