import { readdir, stat } from 'node:fs/promises';
import { dirname, extname, join, posix, relative, sep } from 'node:path';
import { FgamError } from './error.js';
import { isMissingFile } from './is-missing-file.js';
import type { FolderFile } from './inside-folder.js';
import { readTextIfThere } from './json.js';

const IMAGE = /\.(?:avif|bmp|gif|jpe?g|png|tiff?|webp)$/i;

/**
 * The images of a split, by their names within `root`: those of a folder and the folders in it, or those that a `.txt`
 * lists (`./` is the list's own folder).
 *
 * @param find - `filesInside(root)`
 * @throws FgamError `data/missing-file`, `data/path-escape`
 */
export async function yoloImages(
  fn: string,
  {
    root,
    place,
    find,
  }: {
    readonly root: string;
    readonly place: string;
    readonly find: (name: string) => Promise<FolderFile>;
  },
): Promise<string[]> {
  // Roboflow writes `../train/images` for a folder beside data.yaml; Ultralytics reads it so too.
  const name = posix.normalize(place.replaceAll('\\', '/').replace(/^\.\.\//, ''));
  const path = name === '.' || name === './' ? root : (await find(name)).path;
  const missing = (cause?: unknown) =>
    new FgamError(
      'data/missing-file',
      `${fn}: expected a folder or a list of images at ${path}, found none; check data.yaml, or give root`,
      { cause },
    );
  if (extname(name) === '.txt') {
    const text = await readTextIfThere(path);
    if (text === undefined) throw missing();
    const lines = text.split('\n').map((line) => line.trim());
    return lines
      .filter((line) => line !== '')
      .map((line) => (line.startsWith('./') ? posix.join(posix.dirname(name), line) : line));
  }
  try {
    if (!(await stat(path)).isDirectory()) throw missing();
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => IMAGE.test(entry.name))
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
      .sort();
  } catch (error) {
    if (isMissingFile(error)) throw missing(error);
    throw error;
  }
}

/**
 * Where an image's labels are: `images/train/a.jpg` -> `labels/train/a.txt` (its last folder
 * `images`), else beside it.
 */
export function yoloLabelName(image: string): string {
  const folders = dirname(image).split('/');
  const at = folders.lastIndexOf('images');
  if (at >= 0) folders[at] = 'labels';
  return posix.join(...folders, `${posix.basename(image, extname(image))}.txt`);
}
