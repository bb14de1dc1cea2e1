import { realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, win32 } from 'node:path';
import { FgamError } from './error.js';

/** A file that annotations name. */
export interface FolderFile {
  readonly path: string;
  readonly exists: boolean;
}

/** The real path, or undefined where nothing is there. */
async function realPathOf(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

function leaves(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || way.split(/[\\/]/)[0] === '..' || isAbsolute(way);
}

/**
 * Finds files by the names that annotations give them, all within `folder`: `..`, absolute names and links that lead out are
 * refused with `data/path-escape`. That a file is missing is told, not refused.
 */
export function filesInside(folder: string): (name: string) => Promise<FolderFile> {
  let root: Promise<string | undefined> | undefined;
  return async (name) => {
    const refuse = (why: string) =>
      new FgamError(
        'data/path-escape',
        `filesInside: expected a file name inside ${folder}, got ${JSON.stringify(name)} (${why}); repair the annotations`,
      );
    if (name === '' || name.includes('\0')) throw refuse('no file name');
    if (isAbsolute(name) || win32.isAbsolute(name)) throw refuse('absolute');
    const path = join(folder, name);
    if (name.split(/[\\/]/).includes('..') || leaves(resolve(folder), resolve(path)))
      throw refuse('leads out of the folder');
    root ??= realPathOf(folder);
    const [realFolder, realFile] = await Promise.all([root, realPathOf(path)]);
    if (realFolder === undefined || realFile === undefined) return { path, exists: false };
    if (leaves(realFolder, realFile)) throw refuse('a link that leads out of the folder');
    return { path, exists: true };
  };
}
