import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-node';
import './generated/register-gradients.cjs';
import { FgamError } from './error.js';
import type { HostTensor, TensorMap } from './tensors.js';

/** Backends that run a program operation by operation, on a tfjs backend. */
export type EagerBackend = 'tfjs-cpu' | 'tfjs-wasm' | 'tfjs-node' | 'tfjs-node-gpu';

/** Where programs run: captured on an onnxruntime provider, or eagerly on a tfjs backend. */
export type Backend = 'ort-cpu' | 'ort-cuda' | 'ort-webgpu' | EagerBackend;

/** The package behind each eager backend and the name it registers. */
const EAGER = {
  'tfjs-cpu': { module: '@tensorflow/tfjs-backend-cpu', registers: 'cpu' },
  'tfjs-wasm': { module: '@tensorflow/tfjs-backend-wasm', registers: 'wasm' },
  'tfjs-node': { module: '@tensorflow/tfjs-node', registers: 'tensorflow' },
  'tfjs-node-gpu': { module: '@tensorflow/tfjs-node-gpu', registers: 'tensorflow' },
} as const satisfies Record<EagerBackend, { module: string; registers: string }>;

/** True for a backend that runs a program operation by operation. */
export function isEager(backend: Backend): backend is EagerBackend {
  return backend in EAGER;
}

/** What this machine has. */
export interface BackendInfo {
  readonly backend: Backend;
  readonly available: boolean;
  /** Why it is not, and the command that would add it. */
  readonly note?: string;
}

/**
 * Lists the backends and whether this machine has them: onnxruntime providers by what the library was built with, tfjs backends
 * by whether their package is installed.
 */
export async function listBackends(): Promise<readonly BackendInfo[]> {
  const providers = new Set(ort.listSupportedBackends().map(({ name }) => name));
  const captured: BackendInfo[] = [
    { backend: 'ort-cpu', available: providers.has('cpu') },
    {
      backend: 'ort-cuda',
      available: providers.has('cuda') && (await providerStarts('cuda')),
      note: "needs an NVIDIA GPU, CUDA 12 and onnxruntime's CUDA files: ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node",
    },
    {
      backend: 'ort-webgpu',
      available: providers.has('webgpu') && (await providerStarts('webgpu')),
      note: 'needs a Vulkan, Metal or Direct3D 12 device',
    },
  ];
  const eager = await Promise.all(
    Object.entries(EAGER).map(async ([backend, { module }]): Promise<BackendInfo> => {
      const available = await canImport(module);
      return {
        backend: backend as EagerBackend,
        available,
        ...(available ? {} : { note: `npm install ${module}` }),
      };
    }),
  );
  return [
    ...captured.map(({ note, ...info }) => ({
      ...info,
      ...(info.available || note === undefined ? {} : { note }),
    })),
    ...eager,
  ];
}

/** Whether a session of an almost empty model starts on a provider: being built in is not being usable. */
async function providerStarts(provider: string): Promise<boolean> {
  const { captureGraph } = await import('./capture.js');
  const { model } = captureGraph({ x: { shape: [1], dtype: 'float32' } }, ({ x }) => ({
    y: tf.add(x as tf.Tensor, 1),
  }));
  try {
    const session = await ort.InferenceSession.create(model, {
      executionProviders: [provider],
      logSeverityLevel: 4,
    });
    await session.release();
    return true;
  } catch (error) {
    // Not usable here is the answer that was asked for; anything else is a fault.
    if (error instanceof Error) return false;
    throw error;
  }
}

async function canImport(module: string): Promise<boolean> {
  try {
    await import(module);
    return true;
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  }
}

/** The name that tfjs's current backend is registered under, if it has chosen one. */
function currentBackend(): string | undefined {
  // Null after a backend was removed, undefined before one was chosen, whatever its type says.
  const name: string | null | undefined = tf.engine().backendName;
  return name ?? undefined;
}

/** Imports and starts a tfjs backend, once, without changing tfjs's current one. */
async function startEager(backend: EagerBackend): Promise<string> {
  const { module, registers } = EAGER[backend];
  try {
    await import(module);
  } catch (cause) {
    throw new FgamError(
      'compile/no-backend',
      `${backend}: needs the package ${module}; npm install ${module}`,
      { cause },
    );
  }
  if (registers in tf.engine().registry) return registers;
  const previous = currentBackend();
  const started = await tf.setBackend(registers);
  if (previous !== undefined) void tf.setBackend(previous);
  if (started) return registers;
  throw new FgamError('compile/no-backend', `${backend}: tfjs could not start its backend "${registers}"`);
}

/**
 * Runs a program on a tfjs backend, operation by operation. All tensors that it makes are disposed, and tfjs is left on the backend
 * that it was on.
 */
export async function runEagerly(
  backend: EagerBackend,
  inputs: Readonly<Record<string, HostTensor>>,
  program: (inputs: TensorMap) => TensorMap,
): Promise<Record<string, HostTensor>> {
  const registers = await startEager(backend);
  // No wait between here and the end of the program: another run may want another backend.
  const previous = currentBackend();
  void tf.setBackend(registers);
  let results: Record<string, tf.Tensor>;
  try {
    results = computed(inputs, program);
  } finally {
    if (previous !== undefined) void tf.setBackend(previous);
  }
  const read: Record<string, HostTensor> = {};
  for (const [name, tensor] of Object.entries(results)) {
    const data = await tensor.data();
    read[name] = { shape: tensor.shape, dtype: tensor.dtype, data } as HostTensor;
    tensor.dispose();
  }
  return read;
}

function computed(
  inputs: Readonly<Record<string, HostTensor>>,
  program: (inputs: TensorMap) => TensorMap,
): Record<string, tf.Tensor> {
  return tf.tidy(() => {
    const tensors = Object.fromEntries(
      Object.entries(inputs).map(([name, { data, shape, dtype }]) => [
        name,
        tf.tensor(data, [...shape], dtype),
      ]),
    );
    // Clones, so that a program may return an input.
    return Object.fromEntries(
      Object.entries(program(tensors)).map(([name, tensor]) => [name, tf.clone(tensor)]),
    );
  });
}
