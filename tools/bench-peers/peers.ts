import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findBackends } from '@fgam/compile';
import { installLibrary, type Library, PYTHON } from './python-env.js';
import { startWorker, type WorkerProcess } from './worker-process.js';

/** What our captured programs are compared with. */
export const PEERS = ['torchEager', 'torchCompile', 'jax', 'tfjsWasm', 'tfjsNode'] as const;
/** Name of a peer. */
export type PeerName = (typeof PEERS)[number];
/** A peer or our own captured program. */
export type Contender = 'captured' | PeerName;

const HERE = fileURLToPath(new URL('.', import.meta.url));
const LIBRARY = { torchEager: 'torch', torchCompile: 'torch', jax: 'jax' } as const satisfies Partial<
  Record<Contender, Library>
>;
const BACKEND = { captured: 'ort-cpu', tfjsWasm: 'tfjs-wasm', tfjsNode: 'tfjs-node' } as const;

/** Why a peer can't take part at all; undefined when it can. Installs what it needs. */
export async function absence(peer: PeerName, isSlow: boolean): Promise<string | undefined> {
  if (peer in LIBRARY) return installLibrary(LIBRARY[peer as keyof typeof LIBRARY]);
  if (peer === 'tfjsWasm' && !isSlow)
    return 'takes about a minute a step, on one thread; --slow measures one round of it';
  try {
    await findBackends(BACKEND[peer as keyof typeof BACKEND]);
    return undefined;
  } catch (error) {
    if (error instanceof Error) return error.message;
    throw error;
  }
}

/** Starts the process of a contender on a job. */
export function startContender(name: Contender, folder: string, threads: number): Promise<WorkerProcess> {
  const count = String(threads);
  if (name in BACKEND) {
    const backend = BACKEND[name as keyof typeof BACKEND];
    // With the loader that runs this file.
    const args = [...process.execArgv, join(HERE, 'worker.ts'), backend, folder, count];
    return startWorker(process.execPath, args, {});
  }
  return startWorker(PYTHON, [join(HERE, 'python', 'worker.py'), name, folder, count], {
    OMP_NUM_THREADS: count,
    PYTHONDONTWRITEBYTECODE: '1',
  });
}
