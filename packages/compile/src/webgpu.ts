import * as tf from '@tensorflow/tfjs-core';
import type { Absence } from './backend.js';
import { FgamError } from './error.js';
import { NO_ADAPTER } from './gpu-absence.js';
import { mendAddN } from './webgpu-kernels.js';

/** Dawn, once it was imported; it must not be collected while tfjs uses a device of it. */
let dawn: Promise<{ readonly gpu: GPU; readonly globals: object }> | undefined;

/** Why tfjs's WebGPU backend has nothing to run on; undefined when it has. */
export async function webgpuAbsence(command: string): Promise<Absence | undefined> {
  try {
    const { gpu } = await openDawn();
    if ((await gpu.requestAdapter()) !== null) return undefined;
    return NO_ADAPTER;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { reason: `needs the package webgpu, Dawn for Node (${error.message})`, command };
  }
}

/**
 * Puts WebGPU where tfjs looks for it, as in a browser: the global `navigator.gpu` and the
 * constants of its interface.
 */
export async function provideGpu(): Promise<void> {
  const { gpu, globals } = await openDawn();
  Object.assign(globalThis, globals);
  const scope: typeof globalThis & { navigator?: object } = globalThis;
  // Node has a navigator from version 21 on, and none has a GPU.
  scope.navigator ??= {};
  Object.defineProperty(scope.navigator, 'gpu', { value: gpu, configurable: true });
}

/** What devices refused since that was last asked for. */
const faults: string[] = [];
const watched = new WeakSet<GPUDevice>();

/**
 * Makes tfjs's started backend fit to train on: its sums mended, its device's refusals noted, of which
 * tfjs itself takes no notice.
 */
export function prepareWebgpu(): void {
  const backend: object = tf.findBackend('webgpu');
  if (!('device' in backend && backend.device instanceof GPUDevice))
    throw new Error('expected the WebGPU backend of tfjs with a device of Dawn, got another');
  const { device } = backend;
  mendAddN(device.limits.maxStorageBuffersPerShaderStage);
  if (watched.has(device)) return;
  watched.add(device);
  device.addEventListener('uncapturederror', (event) => {
    // Dawn would write it to standard output.
    event.preventDefault();
    faults.push(event.error.message.replaceAll(/\s+/g, ' ').trim());
  });
}

/**
 * @throws FgamError `compile/device-fault` where the device has refused something: results
 * are not what was asked for
 */
export function checkDevice(name: string): void {
  const [first, ...others] = faults.splice(0);
  if (first === undefined) return;
  throw new FgamError(
    'compile/device-fault',
    `${name}: the device refused what it was asked (${others.length + 1} times), so that results would be wrong; first: ${first}`,
  );
}

function openDawn(): NonNullable<typeof dawn> {
  dawn ??= import('webgpu').then(({ create, globals }) => ({ gpu: create([]), globals }));
  return dawn;
}
