import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it that are missing.
 *
 * Like `mkdir` with `recursive`, which in Node 20 never returns where a file system takes no new folders and
 * says that they do not exist (`/proc`).
 *
 * @throws Error of the file system
 * @example
 * ```ts
 * import { mkdtemp, stat } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { makeFolder } from '@fgam/data';
 * const path = join(await mkdtemp(join(tmpdir(), 'folder-')), 'runs', '7');
 * await makeFolder(path);
 * // One that is there already is left as it is.
 * await makeFolder(path);
 * if (!(await stat(path)).isDirectory()) throw new Error('expected a folder');
 * ```
 */
export async function makeFolder(path: string): Promise<void> {
  const parent = dirname(path);
  const missing = await failure(path);
  if (missing === undefined) return;
  if (missing.code !== 'ENOENT' || parent === path) throw missing;
  await makeFolder(parent);
  // Somebody else may have made the parent, or this one, meanwhile; what is refused once more is refused for good.
  const refused = await failure(path);
  if (refused !== undefined) throw refused;
}

/** Makes one folder; what went wrong, if it is not there afterwards. */
async function failure(path: string): Promise<NodeJS.ErrnoException | undefined> {
  try {
    await mkdir(path);
    return undefined;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const fault: NodeJS.ErrnoException = error;
    return fault.code === 'EEXIST' && (await isFolder(path)) ? undefined : fault;
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    // Not there, or not to be looked at: no folder to work in.
    return false;
  }
}
