import { copyFile, rm, symlink } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { isFgamError, makeFolder, readImageSize, type SkipReason, writeAtomic } from '@fgam/data';

/** An image that lies in the export, by its path from there; or why it does not. */
export type LaidImage =
  | { readonly path: string }
  | { readonly fault: { readonly reason: SkipReason; readonly detail: string } };

/** Lays images in the folder `images` of an export, each once. */
export interface ImageLayer {
  /** An image file, which keeps its name where no other has it. */
  layFile(file: string): Promise<LaidImage>;
  /** Encoded bytes under a name that no other image has. */
  layBytes(name: string, bytes: Uint8Array): Promise<LaidImage>;
  /** How many lie there. */
  readonly count: number;
}

const FOLDER = 'images';

/**
 * Images are copied, or linked symbolically, into `out`.
 *
 * @throws Error of the file system, at the call
 */
export function createImageLayer(out: string, options: { readonly link: boolean }): ImageLayer {
  const folder = join(out, FOLDER);
  const known = new Map<string, Promise<LaidImage>>();
  const names = new Set<string>();
  let count = 0;

  async function lay(file: string): Promise<LaidImage> {
    const name = freeName(names, basename(file));
    const fault = await faultOf(file);
    if (fault !== undefined) {
      names.delete(name.toLowerCase());
      return { fault };
    }
    await makeFolder(folder);
    const target = resolve(folder, name);
    // The export of a folder into itself: the image is there.
    if (target !== file) {
      await rm(target, { force: true });
      await (options.link ? symlink(file, target) : copyFile(file, target));
    }
    count += 1;
    return { path: `${FOLDER}/${name}` };
  }

  return {
    get count() {
      return count;
    },
    layFile(file) {
      const path = resolve(file);
      const laid = known.get(path) ?? lay(path);
      known.set(path, laid);
      return laid;
    },
    async layBytes(name, bytes) {
      const fault = await faultOf(bytes);
      if (fault !== undefined) return { fault };
      await writeAtomic(join(folder, name), bytes);
      count += 1;
      return { path: `${FOLDER}/${name}` };
    },
  };
}

async function faultOf(
  image: string | Uint8Array,
): Promise<{ reason: SkipReason; detail: string } | undefined> {
  try {
    await readImageSize(image);
    return undefined;
  } catch (error) {
    if (!isFgamError(error)) throw error;
    const reason = error.code === 'data/missing-file' ? 'missing-image' : 'bad-image';
    return { reason, detail: error.message };
  }
}

/** Names that differ in case alone are one where a file system says so. */
function freeName(taken: Set<string>, wanted: string): string {
  const extension = extname(wanted);
  const stem = wanted.slice(0, wanted.length - extension.length);
  let name = wanted;
  for (let k = 2; taken.has(name.toLowerCase()); k++) name = `${stem}-${k}${extension}`;
  taken.add(name.toLowerCase());
  return name;
}
