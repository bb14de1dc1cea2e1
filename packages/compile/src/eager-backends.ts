import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import type { Absence, EagerBackend } from './backend.js';
import { FgamError } from './error.js';
import { nvidiaAbsence } from './gpu-absence.js';
import { absentBackend } from './providers.js';
import { type TfjsNodeBackend, tfjsNodeFolder } from './tfjs-node-folder.js';
import { registerGradients } from './gradient.js';
import { GRADIENTS } from './register-gradients.js';
import { registerWasmKernels } from './wasm-kernels.js';
import { prepareWebgpu, provideGpu, webgpuAbsence } from './webgpu.js';

/** The package behind each eager backend, the name it registers and the command that installs it. */
const EAGER = {
  'tfjs-cpu': {
    module: '@tensorflow/tfjs-backend-cpu',
    registers: 'cpu',
    command: 'npm install @tensorflow/tfjs-backend-cpu@4.22.0',
  },
  'tfjs-wasm': {
    module: '@tensorflow/tfjs-backend-wasm',
    registers: 'wasm',
    command: 'npm install @tensorflow/tfjs-backend-wasm@4.22.0',
  },
  'tfjs-webgpu': {
    module: '@tensorflow/tfjs-backend-webgpu',
    registers: 'webgpu',
    command: 'npm install @tensorflow/tfjs-backend-webgpu@4.22.0 webgpu@0.6.2',
  },
  'tfjs-node': {
    module: '@tensorflow/tfjs-node',
    registers: 'tensorflow',
    command: 'npm run setup:tfjs-node',
  },
  'tfjs-node-gpu': {
    module: '@tensorflow/tfjs-node-gpu',
    registers: 'tensorflow',
    command: 'npm run setup:tfjs-node -- --gpu',
  },
} as const satisfies Record<EagerBackend, { module: string; registers: string; command: string }>;

/** Why an eager backend can't be used here; undefined when it can. Starts nothing. */
export async function eagerAbsence(backend: EagerBackend): Promise<Absence | undefined> {
  const { module, command } = EAGER[backend];
  if (locate(backend) === undefined) {
    const reason = isTfjsNode(backend)
      ? `not built, nor installed with its binding (npm install ${module}@4.22.0 would bring TensorFlow 2.9)`
      : `needs the package ${module}`;
    return { reason, command };
  }
  if (backend === 'tfjs-node-gpu') return nvidiaAbsence();
  return backend === 'tfjs-webgpu' ? webgpuAbsence(command) : undefined;
}

/**
 * Imports and starts a tfjs backend, once, without changing tfjs's current one. Returns the name
 * that it is registered under.
 */
export async function startEager(backend: EagerBackend): Promise<string> {
  const { registers } = EAGER[backend];
  if (!(registers in tf.engine().registry)) await start(backend);
  if (backend === 'tfjs-wasm') registerWasmKernels();
  if (backend === 'tfjs-webgpu') prepareWebgpu();
  if (isTfjsNode(backend)) checkTensorflow(backend);
  return registers;
}

async function start(backend: EagerBackend): Promise<void> {
  const { module, registers } = EAGER[backend];
  const absence = await eagerAbsence(backend);
  if (absence !== undefined) throw absentBackend(backend, absence);
  if (backend === 'tfjs-webgpu') await provideGpu();
  const previous = currentBackend();
  let started: boolean;
  try {
    await importPackage(locate(backend) ?? module);
    started = await tf.setBackend(registers);
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new FgamError('compile/no-backend', `${backend}: ${module} does not start: ${said}`, { cause });
  } finally {
    if (previous !== undefined) void tf.setBackend(previous);
  }
  if (!started)
    throw new FgamError('compile/no-backend', `${backend}: tfjs could not start its backend "${registers}"`);
}

/**
 * Imports a package of tfjs's. That of TensorFlow brings all of tfjs along, a second time, and with it
 * warnings that each kernel is registered already, and gradients without their corrections.
 */
async function importPackage(path: string): Promise<void> {
  const isQuiet = tf.env().getBool('PROD');
  tf.env().set('PROD', true);
  try {
    await import(pathToFileURL(path).href);
  } finally {
    tf.env().set('PROD', isQuiet);
    registerGradients(GRADIENTS);
  }
}

/**
 * Refuses the other of the two packages, which register one name, and TensorFlow that runs on the CPU
 * where a GPU was asked for.
 */
function checkTensorflow(backend: TfjsNodeBackend): void {
  const running: object = tf.findBackend('tensorflow');
  const isGpuPackage = 'isGPUPackage' in running && running.isGPUPackage === true;
  if (isGpuPackage !== (backend === 'tfjs-node-gpu')) {
    throw new FgamError(
      'compile/no-backend',
      `${backend}: this process runs ${isGpuPackage ? 'tfjs-node-gpu' : 'tfjs-node'}, and has one TensorFlow; start another process`,
    );
  }
  if (isGpuPackage && !('isUsingGpuDevice' in running && running.isUsingGpuDevice === true)) {
    throw absentBackend(backend, {
      reason: 'its TensorFlow finds no GPU that it can use',
      command: EAGER[backend].command,
    });
  }
}

/** The name that tfjs's current backend is registered under, if it has chosen one. */
export function currentBackend(): string | undefined {
  // Null after a backend was removed, undefined before one was chosen, whatever its type says.
  const name: string | null | undefined = tf.engine().backendName;
  return name ?? undefined;
}

function isTfjsNode(backend: EagerBackend): backend is TfjsNodeBackend {
  return backend === 'tfjs-node' || backend === 'tfjs-node-gpu';
}

/**
 * The file of a backend's package: of the one that is installed, or else of the one that
 * `npm run setup:tfjs-node` built.
 */
function locate(backend: EagerBackend): string | undefined {
  const { module } = EAGER[backend];
  const installed = resolved(module, import.meta.url);
  if (!isTfjsNode(backend)) return installed;
  const built = resolved(module, join(tfjsNodeFolder(backend), 'package.json'));
  // Installed without its scripts, the package has no binding.
  return [installed, built].find((file) => file !== undefined && hasBinding(file));
}

function resolved(module: string, from: string): string | undefined {
  try {
    return createRequire(from).resolve(module);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** @param main - the package's `dist/index.js` */
function hasBinding(main: string): boolean {
  const lib = join(dirname(main), '..', 'lib');
  return existsSync(lib) && readdirSync(lib).some((napi) => existsSync(join(lib, napi, 'tfjs_binding.node')));
}
