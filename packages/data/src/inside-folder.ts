import { readdir, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, win32 } from 'node:path';
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

/** A folder's real path and the names in it that are plain files, no links; undefined where it is not there. */
interface Listing {
  readonly path: string;
  readonly files: ReadonlySet<string>;
}

async function listFolder(folder: string): Promise<Listing | undefined> {
  const path = await realPathOf(folder);
  if (path === undefined) return undefined;
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return { path, files: new Set(entries.filter((entry) => entry.isFile()).map(({ name }) => name)) };
  } catch (error) {
    // A file where a folder should be, or a folder that can't be listed: each name is looked at by itself.
    if (error instanceof Error && 'code' in error) return { path, files: new Set() };
    throw error;
  }
}

function leaves(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || way.split(/[\\/]/)[0] === '..' || isAbsolute(way);
}

/**
 * Finds files by the names that annotations give them, all within `folder`: `..`, absolute names and links
 * that lead out are refused with `data/path-escape`. That a file is missing is told, not refused. A folder is
 * listed once, at the first file asked for: a hundred thousand names are then answered without the disk.
 */
export function filesInside(folder: string): (name: string) => Promise<FolderFile> {
  let root: Promise<string | undefined> | undefined;
  const listings = new Map<string, Promise<Listing | undefined>>();
  return async (name) => {
    const refuse = (why: string) =>
      new FgamError(
        'data/path-escape',
        `filesInside: expected a file name inside ${folder}, got ${JSON.stringify(name)} (${why}); repair the annotations`,
      );
    if (name === '' || name.includes('\0')) throw refuse('no file name');
    if (isAbsolute(name) || win32.isAbsolute(name)) throw refuse('absolute');
    const path = join(folder, name);
    const isOneName = !/[\\/]/.test(name) && name !== '.' && name !== '..';
    if (!isOneName && (name.split(/[\\/]/).includes('..') || leaves(resolve(folder), resolve(path))))
      throw refuse('leads out of the folder');
    root ??= realPathOf(folder);
    const parent = dirname(path);
    let listing = listings.get(parent);
    if (!listing) listings.set(parent, (listing = listFolder(parent)));
    const [realFolder, listed] = await Promise.all([root, listing]);
    if (realFolder === undefined || listed === undefined) return { path, exists: false };
    const file = basename(path);
    const realFile = listed.files.has(file) ? join(listed.path, file) : await realPathOf(path);
    if (realFile === undefined) return { path, exists: false };
    if (leaves(realFolder, realFile)) throw refuse('a link that leads out of the folder');
    return { path, exists: true };
  };
}
