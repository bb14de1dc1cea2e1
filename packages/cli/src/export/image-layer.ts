import { randomUUID } from 'node:crypto';
import {
  copyFile,
  lstat,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { isFgamError, makeFolder, notWritable, readImageSize, type SkipReason } from '@fgam/data';

/** An image that lies in the export, by its path from there; or why it does not. */
export type LaidImage =
  | { readonly path: string }
  | { readonly fault: { readonly reason: SkipReason; readonly detail: string } };

/** Lays images in the folder `images` of an export, each once. What lies there stays as it is. */
export interface ImageLayer {
  /**
   * An image file, which keeps its name where no other image has it; one that lies in the folder is taken as
   * it is. @throws FgamError `data/not-writable`
   */
  layFile(file: string): Promise<LaidImage>;
  /** Encoded bytes, under this name where no other image has it. @throws FgamError `data/not-writable` */
  layBytes(name: string, bytes: Uint8Array): Promise<LaidImage>;
  /** How many of the folder's images are the export's. */
  readonly count: number;
}

const FOLDER = 'images';
/** Ends a file that is being laid. */
const HALF = /\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.partial$/;

/** Images are copied, or linked symbolically, into `out`. */
export function createImageLayer(out: string, options: { readonly link: boolean }): ImageLayer {
  const folder = join(out, FOLDER);
  const known = new Map<string, Promise<LaidImage>>();
  const taken = new Set<string>();
  const laid = new Set<string>();

  function laidAs(name: string): LaidImage {
    taken.add(name.toLowerCase());
    laid.add(name);
    return { path: `${FOLDER}/${name}` };
  }

  /** Never over another image: it may be a source that comes later, or an earlier export's. */
  async function lay(
    wanted: string,
    image: string | Uint8Array,
    write: (temporary: string) => Promise<void>,
  ): Promise<LaidImage> {
    for (;;) {
      const name = freeName(taken, wanted);
      const target = join(folder, name);
      const there = await whatIsAt(target, image, options.link);
      if (there === 'another') continue;
      if (there === 'free') await place(target, write);
      return laidAs(name);
    }
  }

  async function layFile(file: string): Promise<LaidImage> {
    const fault = await faultOf(file);
    if (fault !== undefined) return { fault };
    await makeWritable(folder);
    const here = await nameIn(folder, file);
    if (here !== undefined) return laidAs(here);
    return lay(basename(file), file, (temporary) =>
      options.link ? symlink(file, temporary) : copyFile(file, temporary),
    );
  }

  return {
    get count() {
      return laid.size;
    },
    layFile(file) {
      const path = resolve(file);
      const before = known.get(path) ?? layFile(path);
      known.set(path, before);
      return before;
    },
    async layBytes(name, bytes) {
      const fault = await faultOf(bytes);
      if (fault !== undefined) return { fault };
      await makeWritable(folder);
      return lay(name, bytes, (temporary) => writeFile(temporary, bytes));
    },
  };
}

/** Removes the images that a killed export left half laid in `out`. */
export async function removeHalfLaid(out: string): Promise<void> {
  const folder = join(out, FOLDER);
  for (const name of (await ifThere(readdir(folder))) ?? [])
    if (HALF.test(name)) await rm(join(folder, name), { force: true });
}

async function makeWritable(folder: string): Promise<void> {
  await makeFolder(folder).catch((error: unknown) => {
    throw notWritable(folder, error);
  });
}

/** The name of a file that lies in a folder, by whichever path it is given. */
async function nameIn(folder: string, file: string): Promise<string | undefined> {
  const inside = await realpath(folder);
  if ((await realpath(dirname(file))) === inside) return basename(file);
  const real = await realpath(file);
  return dirname(real) === inside ? basename(real) : undefined;
}

/** `free` where nothing of worth is: no file, a link to nothing, or a link to this image that is to be a copy. */
async function whatIsAt(
  target: string,
  image: string | Uint8Array,
  link: boolean,
): Promise<'free' | 'this' | 'another'> {
  const entry = await ifThere(lstat(target));
  if (entry === undefined) return 'free';
  const there = await ifThere(stat(target));
  if (there === undefined) return 'free';
  const size = typeof image === 'string' ? (await stat(image)).size : image.length;
  if (!there.isFile() || there.size !== size) return 'another';
  const bytes = typeof image === 'string' ? await readFile(image) : image;
  if (!(await readFile(target)).equals(bytes)) return 'another';
  return entry.isSymbolicLink() && !link ? 'free' : 'this';
}

/** A link that goes round is as one to nothing. */
async function ifThere<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ELOOP') return undefined;
    throw error;
  }
}

/** Not `writeAtomic`, which would sync a link's target, and opens a copy for writing that may be read-only. */
async function place(target: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${target}.${randomUUID()}.partial`;
  try {
    await write(temporary);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw notWritable(target, error);
  }
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
