import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { figureSchema } from './figure.js';

const packageRun = z.strictObject({
  package: z.string().min(1),
  figures: z.array(figureSchema),
  fault: z.string().optional(),
  /** By the clock, of the whole pass. */
  seconds: z.number(),
  /** Load average of the last minute when it began. */
  load: z.number(),
});

const storedRun = z.strictObject({
  format: z.literal('fgam-bench-2'),
  date: z.iso.datetime(),
  /** With `+` after it where files differ from it; none outside of git. */
  commit: z.string().optional(),
  quick: z.boolean(),
  node: z.string(),
  cpu: z.string(),
  cores: z.int(),
  /** Each of all packages, one after another. */
  passes: z.array(z.array(packageRun)).min(1),
});

/** What one pass of a package's benchmark gave, and at what load. */
export type PackageRun = Readonly<z.infer<typeof packageRun>>;

/** Benchmarks of the packages, pass by pass, as `runs/bench/NAME.json` holds them. */
export type StoredRun = Readonly<z.infer<typeof storedRun>>;

/** Reads a stored run. @throws Error that names the file and what is wrong in it */
export async function readRun(path: string): Promise<StoredRun> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new Error(`${path}: expected a stored run; give --against one of npm run bench`, { cause: error });
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${path}: expected JSON; was it cut off? Remove it or give --against another`, {
      cause: error,
    });
  }
  const parsed = storedRun.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Error(
    `${path}: expected a run of this npm run bench, got: ${z.prettifyError(parsed.error)}; remove it or give --against another`,
  );
}

/** Writes a run to `FOLDER/NAME.json`; gives the path. */
export async function writeRun(folder: string, name: string, run: StoredRun): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${name}.json`);
  await writeFile(path, `${JSON.stringify(run, null, 2)}\n`);
  return path;
}

/** Path of the run that was written last; undefined where there is none. */
export async function lastRun(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  const paths = names.filter((name) => name.endsWith('.json')).map((name) => join(folder, name));
  const dated = await Promise.all(paths.map(async (path) => ({ path, time: (await stat(path)).mtimeMs })));
  return dated.sort((a, b) => b.time - a.time)[0]?.path;
}
