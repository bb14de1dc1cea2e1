import { readdir } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { benchError } from '../error.js';

/** Where images are. */
export interface FoundImages {
  /** Paths by the names that were looked for. */
  readonly paths: ReadonlyMap<string, string>;
  /** Names without a file. */
  readonly missing: readonly string[];
  /** Names that several files have, in folders that the name does not tell apart. */
  readonly ambiguous: readonly string[];
}

const IMAGE = /\.(?:jpe?g|png|webp|gif|bmp|tiff?)$/i;
/** What COCO's releases up to 2015 put before an image's number. */
const COCO_SPLIT = /^COCO_[a-z]+\d{4}_/;

/**
 * Finds the images that a benchmark names in a folder and those below it. A name may be without its ending
 * or its folder, and one of COCO's with or without the split before the number
 * (`COCO_val2014_000000000042.jpg`, `000000000042.jpg`).
 *
 * @throws FgamError `bench/bad-input` where the folder can't be read
 */
export async function findImages(folder: string, names: readonly string[]): Promise<FoundImages> {
  const files = await imagesBelow(folder);
  const whole = new Set(files);
  const byStem = new Map<string, string[]>();
  for (const file of files) {
    const known = byStem.get(stemOf(file));
    if (known === undefined) byStem.set(stemOf(file), [file]);
    else known.push(file);
  }
  const paths = new Map<string, string>();
  const missing: string[] = [];
  const ambiguous: string[] = [];
  for (const name of new Set(names)) {
    const [file, ...others] = whole.has(name) ? [name] : narrowed(name, byStem.get(stemOf(name)) ?? []);
    if (file === undefined) missing.push(name);
    else if (others.length > 0) ambiguous.push(name);
    else paths.set(name, join(folder, file));
  }
  return { paths, missing, ambiguous };
}

/** Of files with a name's stem those that fit better: in its folders, with its very name. */
function narrowed(name: string, files: readonly string[]): readonly string[] {
  const folders = dirname(name)
    .split('/')
    .filter((part) => part !== '.' && part !== '');
  const rules = [
    (file: string) => isWithin(dirname(file).split('/'), folders),
    (file: string) => basename(file) === basename(name),
  ];
  return rules.reduce((left, rule) => (left.some(rule) ? left.filter(rule) : left), files);
}

/** Whether folders occur in a path in their order, others between them or not. */
function isWithin(path: readonly string[], folders: readonly string[]): boolean {
  let next = 0;
  for (const part of path) if (part === folders[next]) next += 1;
  return next === folders.length;
}

function stemOf(file: string): string {
  return basename(file).replace(IMAGE, '').replace(COCO_SPLIT, '');
}

async function imagesBelow(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory() && IMAGE.test(entry.name))
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
      .sort();
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw benchError(
      'bench/bad-input',
      `${folder}: expected a folder of images, got: ${said}; check the path`,
      { cause },
    );
  }
}
