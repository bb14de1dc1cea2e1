import * as ort from 'onnxruntime-node';
import { type CapturedBackend, PROVIDERS } from './backend.js';
import { FgamError } from './error.js';
import type { OpenSession, SessionModel, SessionSettings } from './session.js';
import { bytesOf, copyTensor, type HostTensor, sizeOf, tensorNamed, type Tensors } from './tensors.js';

/**
 * A session by onnxruntime-node, which knows every provider.
 *
 * @throws FgamError `compile/no-backend` where the provider is not to be had
 */
export async function createBindingSession(
  model: SessionModel,
  backend: CapturedBackend,
  { threads, keepsMemory, logLevel, entries, memory }: SessionSettings,
): Promise<OpenSession> {
  const options: ort.InferenceSession.SessionOptions = {
    executionProviders: [PROVIDERS[backend]],
    graphOptimizationLevel: 'all',
    enableMemPattern: false,
    enableCpuMemArena: keepsMemory,
    logSeverityLevel: logLevel as 0 | 1 | 2 | 3 | 4,
    intraOpNumThreads: threads,
    extra: nested(entries),
    externalData: Object.entries(memory).map(([path, { data }]) => ({ path, data: bytesOf(data) })),
  };
  const creation =
    typeof model === 'string'
      ? ort.InferenceSession.create(model, options)
      : ort.InferenceSession.create(model, options);
  const session = await creation.catch(async (cause: unknown) => {
    // Asked only now: the answer costs a session of its own. Imported only now: it captures a program, and a
    // worker has no tfjs to load.
    const { absentBackend, providerAbsence } = await import('./providers.js');
    const absence = await providerAbsence(backend);
    throw absence === undefined ? cause : absentBackend(backend, absence, cause);
  });
  return {
    inputNames: session.inputNames,
    async run(inputs, results) {
      // What it returns are copies of what it has written (onnxruntime-node 1.30).
      const feeds = Object.fromEntries(
        session.inputNames.map((name) => [name, tensorOver(unshared(tensorNamed(inputs, name)))]),
      );
      await session.run(feeds, fetchesOf(results)).catch((cause: unknown) => {
        throw withoutHalf(backend, cause);
      });
    },
    release: () => session.release(),
  };
}

/** onnxruntime's WebGPU provider says only in a run that the device has no float16: in words that say what to do. */
function withoutHalf(backend: CapturedBackend, cause: unknown): unknown {
  if (!(cause instanceof Error && cause.message.includes('requires f16'))) return cause;
  return new FgamError(
    'compile/no-backend',
    `${backend}: expected a device that computes in float16 (shader-f16) for mixed precision, got one without; choose precision 'float32'`,
    { cause },
  );
}

/** Entries of the configuration as the package wants them: a level of objects for each dot. */
function nested(entries: Readonly<Record<string, string>>): Record<string, unknown> {
  const all: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(entries)) {
    const keys = path.split('.');
    const last = keys.pop() as string;
    let level = all;
    for (const key of keys) level = (level[key] ??= {}) as Record<string, unknown>;
    level[last] = value;
  }
  return all;
}

/** The tensor, or a copy of one in shared memory, which the package refuses. */
function unshared(tensor: HostTensor): HostTensor {
  return tensor.data.buffer instanceof SharedArrayBuffer ? copyTensor(tensor) : tensor;
}

/** Memory for results; those without elements are onnxruntime's to make. */
function fetchesOf(results: Tensors): Record<string, ort.Tensor | null> {
  return Object.fromEntries(
    Object.entries(results).map(([name, tensor]) => [
      name,
      sizeOf(tensor.shape) === 0 ? null : tensorOver(tensor),
    ]),
  );
}

/** onnxruntime's tensor over a host tensor's memory: nothing is copied. */
function tensorOver({ dtype, data, shape }: HostTensor): ort.Tensor {
  switch (dtype) {
    case 'float32':
      return new ort.Tensor('float32', data, shape);
    case 'int32':
      return new ort.Tensor('int32', data, shape);
    case 'bool':
      return new ort.Tensor('bool', data, shape);
  }
}
