import { spawnSync } from 'node:child_process';
import type { Absence } from './backend.js';

/** No adapter that WebGPU could use. */
export const NO_ADAPTER: Absence = {
  reason: 'no GPU found by Vulkan, Metal or Direct3D 12',
  // The loader and the open drivers; that of the GPU's maker, where it is another, brings its own.
  ...(process.platform === 'linux' ? { command: 'apt-get install libvulkan1 mesa-vulkan-drivers' } : {}),
};

/** Why there is no NVIDIA GPU to run on; undefined where its driver names one. */
export function nvidiaAbsence(): Absence | undefined {
  const { status, stdout } = spawnSync('nvidia-smi', ['-L'], { encoding: 'utf8' });
  if (status === 0 && stdout.startsWith('GPU')) return undefined;
  return { reason: 'no NVIDIA GPU (nvidia-smi names none)' };
}
