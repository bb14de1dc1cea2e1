import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FgamError, isFgamError } from './error.js';
import { makeFolder } from './make-folder.js';

/**
 * The error of an output that can't be written: `data/not-writable`, with the system's words and what to do.
 *
 * @example
 * ```ts
 * import { notWritable } from '@fgam/data';
 * const error = notWritable('out/a.json', new Error('ENOSPC: no space left on device'));
 * if (error.code !== 'data/not-writable') throw error;
 * if (!error.message.startsWith('out/a.json: expected to write here, got: ENOSPC')) throw error;
 * ```
 */
export function notWritable(path: string, error: unknown): FgamError {
  const said = error instanceof Error ? error.message : String(error);
  return new FgamError(
    'data/not-writable',
    `${path}: expected to write here, got: ${said}; choose another folder or free space`,
    { cause: error },
  );
}

/**
 * Writes a file so that it is there whole or not at all: a temporary file beside it, synced, then renamed.
 *
 * @param content - text or bytes, or a function that gets the temporary path and returns when it is complete,
 * for what is streamed
 * @throws FgamError `data/not-writable` for an error of the file system; whatever else `write` throws, as it is
 * @example
 * ```ts
 * import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { writeAtomic } from '@fgam/data';
 * const folder = await mkdtemp(join(tmpdir(), 'atomic-'));
 * await writeAtomic(join(folder, 'a.txt'), 'whole');
 * const half = async (temporary: string): Promise<void> => {
 *   await writeFile(temporary, 'ha');
 *   throw new Error('stopped');
 * };
 * const failed = await writeAtomic(join(folder, 'a.txt'), half).then(() => false, () => true);
 * // The file is as it was, and nothing lies beside it.
 * const text = await readFile(join(folder, 'a.txt'), 'utf8');
 * if (!failed || text !== 'whole' || (await readdir(folder)).length !== 1) throw new Error(text);
 * ```
 */
export async function writeAtomic(
  path: string,
  content: string | Uint8Array | ((temporary: string) => Promise<void>),
): Promise<void> {
  const temporary = `${path}.${randomUUID()}.partial`;
  try {
    await makeFolder(dirname(path));
  } catch (error) {
    throw notWritable(path, error);
  }
  try {
    if (typeof content === 'function') await content(temporary);
    const file = await open(temporary, typeof content === 'function' ? 'r+' : 'w');
    try {
      if (typeof content !== 'function') await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw isFileSystemError(error) ? notWritable(path, error) : error;
  }
}

/** Such as ENOSPC or EACCES; not an abort (ABORT_ERR) or a wrong argument (ERR_INVALID_ARG_TYPE). */
export function isFileSystemError(error: unknown): boolean {
  if (!(error instanceof Error) || isFgamError(error) || !('code' in error)) return false;
  return typeof error.code === 'string' && /^E[A-Z0-9]+$/.test(error.code);
}

/** Removes a file where there is one. @throws FgamError `data/not-writable` */
export async function removeFile(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
  } catch (error) {
    throw notWritable(path, error);
  }
}
