import { realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, win32 } from 'node:path';
import { FgamError } from './error.js';

function leaves(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || way === '..' || way.startsWith(`..${'/'}`) || way.startsWith('..\\') || isAbsolute(way);
}

/**
 * The path of a file that annotations name, which must lie in `folder`: `..`, absolute names and links that lead out are
 * refused. A file that does not exist is not this function's matter.
 *
 * @throws FgamError `data/path-escape`
 */
export async function insideFolder(folder: string, name: string): Promise<string> {
  const refuse = (why: string) =>
    new FgamError(
      'data/path-escape',
      `insideFolder: expected a file name inside ${folder}, got ${JSON.stringify(name)} (${why}); repair the annotations`,
    );
  if (name === '' || name.includes('\0')) throw refuse('no file name');
  if (isAbsolute(name) || win32.isAbsolute(name)) throw refuse('absolute');
  if (name.split(/[\\/]/).includes('..')) throw refuse('leads out of the folder');
  const path = join(folder, name);
  if (leaves(resolve(folder), resolve(path))) throw refuse('leads out of the folder');
  try {
    if (leaves(await realpath(folder), await realpath(path))) throw refuse('a link that leads out of the folder');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!missing) throw error;
  }
  return path;
}
