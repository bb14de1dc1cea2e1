import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../.cache/peers-venv', import.meta.url));
const BIN = join(FOLDER, process.platform === 'win32' ? 'Scripts' : 'bin');

/** The environment's interpreter. */
export const PYTHON = join(BIN, 'python');

/** Pinned packages of each peer library; of several lists, the first that can be installed is taken. */
const PACKAGES = {
  // The build for CPUs alone where it is on offer: the other one brings gigabytes of CUDA.
  torch: [
    ['torch==2.13.0+cpu', 'numpy==2.4.6'],
    ['torch==2.13.0', 'numpy==2.4.6'],
  ],
  jax: [['jax==0.10.2', 'jaxlib==0.10.2', 'numpy==2.4.6']],
} as const satisfies Record<string, readonly (readonly string[])[]>;

/** A library that peers need. */
export type Library = keyof typeof PACKAGES;

/**
 * Installs a peer's library into a virtual environment of the repository's own, unless it is there.
 *
 * @returns why it can't be had, or undefined when it is there
 */
export function installLibrary(library: Library): string | undefined {
  if (!existsSync(PYTHON)) {
    const made = spawnSync('python3', ['-m', 'venv', FOLDER], { encoding: 'utf8' });
    if (made.status !== 0)
      return `python3 -m venv failed: ${lastLine(made.error?.message ?? made.stderr + made.stdout)}`;
  }
  let reason = '';
  for (const packages of PACKAGES[library]) {
    if (packages.every(isInstalled)) return undefined;
    process.stderr.write(`installing ${packages.join(' ')} ...\n`);
    const pip = spawnSync(PYTHON, ['-m', 'pip', 'install', '--quiet', '--no-input', ...packages], {
      encoding: 'utf8',
      env: { ...process.env, PIP_RETRIES: '0', PIP_DISABLE_PIP_VERSION_CHECK: '1' },
    });
    if (pip.status === 0) return undefined;
    reason = `pip install ${packages[0]} failed: ${lastLine(pip.error?.message ?? pip.stderr)}`;
  }
  return reason;
}

/** Whether a package is there at its pinned version; a pin without a build's name fits all builds. */
function isInstalled(pin: string): boolean {
  const [name, version = ''] = pin.split('==');
  const code = `import importlib.metadata as m; print(m.version('${name}'))`;
  const found = spawnSync(PYTHON, ['-c', code], { encoding: 'utf8' });
  const [plain] = found.stdout.trim().split('+');
  return found.status === 0 && (found.stdout.trim() === version || plain === version);
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
