import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { sha256 } from '../sha256.js';
import { FgamError } from '../error.js';
import { makeFolder } from '../make-folder.js';
import { notWritable } from '../write-atomic.js';

const MANIFEST = 'manifest.json';
const PARTIAL = '.partial-';

/** What a finished folder says of itself. */
export interface FolderManifest<Settings, Counts> {
  readonly format: string;
  readonly version: number;
  readonly settings: Settings;
  readonly counts: Counts;
  /** SHA-256 of each file but the images, by path in the folder. */
  readonly files: Readonly<Record<string, string>>;
  /** Number of images and the SHA-256 over their own SHA-256 in order. */
  readonly images: { readonly count: number; readonly sha256: string };
}

/**
 * The manifest of a finished folder with these settings, or undefined if there is nothing yet.
 *
 * @throws FgamError `data/bad-config` if the folder holds something else or was written with other settings,
 * `data/bad-record` if its files are not those its manifest names, `data/not-writable` if it is not a folder
 */
export async function readFinished<Settings, Counts>(
  out: string,
  expected: Pick<FolderManifest<Settings, Counts>, 'format' | 'version' | 'settings'>,
): Promise<FolderManifest<Settings, Counts> | undefined> {
  const entries = await readdir(out).catch((cause: NodeJS.ErrnoException): string[] => {
    if (cause.code === 'ENOENT') return [];
    throw notWritable(out, cause);
  });
  if (entries.length === 0) return undefined;
  if (!entries.includes(MANIFEST))
    throw new FgamError(
      'data/bad-config',
      `writeScenes: expected a new, empty or finished folder, got ${out} with ${entries.length} other entries; choose another folder`,
    );
  const manifest = parseManifest<Settings, Counts>(await readFile(join(out, MANIFEST), 'utf8'), out);
  const wanted = JSON.stringify([expected.format, expected.version, expected.settings]);
  const found = JSON.stringify([manifest.format, manifest.version, manifest.settings]);
  if (wanted !== found)
    throw new FgamError(
      'data/bad-config',
      `writeScenes: expected ${out} to be made with ${wanted}, got ${found}; choose another folder or remove this one`,
    );
  await checkFiles(out, manifest);
  return manifest;
}

/**
 * Lets `write` fill a new folder beside `out` and gives it its name when it is whole: `out` never holds half
 * of the files. `write` writes the manifest; on an error or an abort the unfinished folder is removed.
 *
 * @returns false if another run has finished `out` meanwhile: what was written here is removed
 * @throws FgamError `data/not-writable` if the folder cannot be made
 */
export async function writeWhole(out: string, write: (folder: string) => Promise<void>): Promise<boolean> {
  const target = resolve(out);
  const parent = dirname(target);
  const prefix = `.${basename(target)}${PARTIAL}`;
  const partial = join(parent, `${prefix}${process.pid}-${randomUUID()}`);
  try {
    await makeFolder(parent);
    await removeAbandoned(parent, prefix);
    await mkdir(partial);
  } catch (cause) {
    throw notWritable(out, cause);
  }
  try {
    await write(partial);
    const isPlaced = await rename(partial, target).then(
      () => true,
      (cause: NodeJS.ErrnoException) => {
        if (cause.code === 'ENOTEMPTY' || cause.code === 'EEXIST') return false;
        throw notWritable(out, cause);
      },
    );
    if (!isPlaced) await remove(partial);
    return isPlaced;
  } catch (error) {
    await remove(partial);
    throw error;
  }
}

/** Tries again where writes that were under way still add files. */
function remove(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

/** Removes what runs that were killed have left behind. */
async function removeAbandoned(parent: string, prefix: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix)) continue;
    const owner = Number.parseInt(name.slice(prefix.length), 10);
    if (!isRunning(owner)) await rm(join(parent, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Somebody else's process is running too.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function checkFiles(out: string, manifest: FolderManifest<unknown, unknown>): Promise<void> {
  const changed: string[] = [];
  for (const [path, digest] of Object.entries(manifest.files)) {
    const bytes = await readFile(join(out, path)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (bytes === undefined || sha256(bytes) !== digest) changed.push(path);
  }
  const images = await readdir(join(out, 'images')).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (images.length !== manifest.images.count)
    changed.push(`images (${images.length} of ${manifest.images.count})`);
  if (changed.length > 0)
    throw new FgamError(
      'data/bad-record',
      `writeScenes: expected ${out} as its manifest describes it, got other ${changed.join(', ')}; remove the folder and write it again`,
    );
}

function parseManifest<Settings, Counts>(text: string, out: string): FolderManifest<Settings, Counts> {
  try {
    const manifest = JSON.parse(text) as FolderManifest<Settings, Counts>;
    if (manifest?.files && manifest.images) return manifest;
  } catch (cause) {
    throw brokenManifest(out, cause);
  }
  throw brokenManifest(out);
}

function brokenManifest(out: string, cause?: unknown): FgamError {
  const message = `writeScenes: expected a manifest in ${join(out, MANIFEST)}, got something else; remove the folder and write it again`;
  return new FgamError('data/bad-json', message, { cause });
}
