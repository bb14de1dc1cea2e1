import { type Absence, type Backend, type BackendInfo, BACKENDS, isEager } from './backend.js';
import { eagerAbsence } from './eager-backends.js';
import { absentBackend, providerAbsence } from './providers.js';

/** What this machine has, and what was picked of it. */
export interface FoundBackends {
  readonly picked: Backend;
  /** All, or the one that was asked for. */
  readonly backends: readonly BackendInfo[];
}

/** What `auto` tries before the CPU. WebGPU is not among them: its device may be a program that imitates a GPU. */
const GPUS: readonly Backend[] = ['ort-cuda'];

/**
 * Lists the backends that this machine has, with what would add the others, and picks one: by default
 * onnxruntime on the CPU; for `auto` CUDA where a session starts on it, the CPU elsewhere; or the one that is
 * named, and then looks at no other.
 *
 * @throws FgamError `compile/no-backend` for a named one that is not here, with why and the command that adds it
 * @example
 * ```ts
 * import { findBackends } from '@fgam/compile';
 *
 * const { picked, backends } = await findBackends();
 * for (const info of backends) console.log(info.backend, info.available ? 'here' : info.reason);
 * if (picked !== 'ort-cpu') throw new Error('expected the CPU by default');
 * ```
 */
export async function findBackends(wanted?: Backend | 'auto'): Promise<FoundBackends> {
  if (wanted !== undefined && wanted !== 'auto') {
    const absence = await absenceOf(wanted);
    if (absence !== undefined) throw absentBackend(wanted, absence);
    return { picked: wanted, backends: [{ backend: wanted, available: true }] };
  }
  // One after the other: some start a device.
  const backends: BackendInfo[] = [];
  for (const backend of BACKENDS) {
    const absence = await absenceOf(backend);
    backends.push(
      absence === undefined ? { backend, available: true } : { backend, available: false, ...absence },
    );
  }
  const gpu = backends.find(({ backend, available }) => available && GPUS.includes(backend));
  return { picked: wanted === 'auto' && gpu !== undefined ? gpu.backend : 'ort-cpu', backends };
}

function absenceOf(backend: Backend): Promise<Absence | undefined> {
  return isEager(backend) ? eagerAbsence(backend) : providerAbsence(backend);
}
