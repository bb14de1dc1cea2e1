import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-node';
import { type Absence, type CapturedBackend, PROVIDERS } from './backend.js';
import { captureGraph } from './capture.js';
import { FgamError } from './error.js';
import { NO_ADAPTER, nvidiaAbsence } from './gpu-absence.js';

/** What a provider needs beyond being built in. */
const NEEDS = {
  'ort-cpu': {
    reason: 'this build of onnxruntime has no CPU provider',
    command: 'npm rebuild onnxruntime-node',
  },
  'ort-cuda': {
    reason: "needs an NVIDIA GPU, CUDA 12 with cuDNN 9 and onnxruntime's CUDA files",
    command: 'ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node',
  },
  'ort-webgpu': NO_ADAPTER,
  'ort-coreml': { reason: 'Core ML is part of macOS' },
  'ort-dml': { reason: 'DirectML is part of Windows' },
} as const satisfies Record<CapturedBackend, Absence>;

/** Why a provider can't be used here; undefined when it can. */
export async function providerAbsence(backend: CapturedBackend): Promise<Absence | undefined> {
  const provider = PROVIDERS[backend];
  const needs = NEEDS[backend];
  if (!ort.listSupportedBackends().some(({ name }) => name === provider)) return needs;
  if (backend === 'ort-cpu') return undefined;
  // Asked first: onnxruntime writes to the terminal what it fails to load.
  const noGpu = backend === 'ort-cuda' ? nvidiaAbsence() : undefined;
  if (noGpu !== undefined) return { ...needs, ...noGpu };
  return (await providerStarts(provider)) ? undefined : needs;
}

/** Whether a session of an almost empty model starts on a provider: being built in is not being usable. */
async function providerStarts(provider: string): Promise<boolean> {
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

/** The refusal of a backend that is not here. */
export function absentBackend(backend: string, absence: Absence, cause?: unknown): FgamError {
  const { reason, command } = absence;
  const remedy = command === undefined ? 'choose another backend' : command;
  return new FgamError(
    'compile/no-backend',
    `${backend} is not here: ${reason}. To add it: ${remedy}`,
    cause === undefined ? undefined : { cause },
  );
}
