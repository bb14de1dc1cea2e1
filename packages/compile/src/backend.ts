/**
 * Every place where programs run: captured on an onnxruntime provider (`ort-`), or eagerly on
 * a tfjs backend (`tfjs-`).
 */
export const BACKENDS = [
  'ort-cpu',
  'ort-cuda',
  'ort-webgpu',
  'ort-coreml',
  'ort-dml',
  'tfjs-node-gpu',
  'tfjs-node',
  'tfjs-webgpu',
  'tfjs-wasm',
  'tfjs-cpu',
] as const;

/** Where programs run. */
export type Backend = (typeof BACKENDS)[number];

/** Backends that run a program operation by operation, on a tfjs backend. */
export type EagerBackend = Extract<Backend, `tfjs-${string}`>;

/** Backends that run a captured graph, on an onnxruntime provider. */
export type CapturedBackend = Extract<Backend, `ort-${string}`>;

/** onnxruntime's names of the providers. */
export const PROVIDERS = {
  'ort-cpu': 'cpu',
  'ort-cuda': 'cuda',
  'ort-webgpu': 'webgpu',
  'ort-coreml': 'coreml',
  'ort-dml': 'dml',
} as const satisfies Record<CapturedBackend, string>;

/**
 * True for a backend that runs a program operation by operation.
 *
 * @example
 * ```ts
 * import { BACKENDS, isEager } from '@fgam/compile';
 *
 * const captured = BACKENDS.filter((backend) => !isEager(backend));
 * if (captured.join() !== 'ort-cpu,ort-cuda,ort-webgpu,ort-coreml,ort-dml') throw new Error(captured.join());
 * if (!isEager('tfjs-wasm')) throw new Error('expected tfjs to run operation by operation');
 * ```
 */
export function isEager(backend: Backend): backend is EagerBackend {
  return backend.startsWith('tfjs-');
}

/** Why a backend is not here. */
export interface Absence {
  readonly reason: string;
  /** The command that adds it, where there is one. */
  readonly command?: string;
}

/** Whether this machine has a backend. */
export type BackendInfo =
  | { readonly backend: Backend; readonly available: true }
  | (Absence & { readonly backend: Backend; readonly available: false });
