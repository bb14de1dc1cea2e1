import { readFileSync } from 'node:fs';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { trainerError } from './error.js';

/** Who holds a lock. */
interface Holder {
  readonly host: string;
  readonly process: number;
  /** When the process began, in the system's own count; a number that is used again is another process. Empty where the system does not say. */
  readonly begun: string;
}

const LOCK = 'run.lock';

/**
 * Takes a folder for one writer until the returned function is called. A lock whose process has died, by a kill say, is taken over.
 *
 * @throws FgamError `trainer/folder-in-use` while a living process, this one or another, holds it
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, LOCK);
  const unique = `${path}.${randomUUID()}`;
  const holder = { host: hostname(), process: process.pid, begun: processBegan(process.pid) };
  await writeFile(unique, JSON.stringify(holder));
  try {
    if (!(await linked(unique, path))) {
      const text = await readFile(path, 'utf8');
      if (isAlive(parseHolder(text))) throw inUse(path, text);
      // Of several that find a dead lock one renames it; another's new lock that was caught by that goes back.
      const stale = `${unique}.stale`;
      await rename(path, stale);
      const isSame = (await readFile(stale, 'utf8')) === text;
      if (!isSame) await linked(stale, path);
      await rm(stale, { force: true });
      if (!isSame || !(await linked(unique, path))) throw inUse(path, await readFile(path, 'utf8'));
    }
  } finally {
    await rm(unique, { force: true });
  }
  return () => rm(path, { force: true });
}

/** Links a file under another name; false where that is taken. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function inUse(path: string, holder: string): Error {
  return trainerError(
    'trainer/folder-in-use',
    `train: expected a folder that no other run writes, got ${path} of ${holder}; wait for that run, or remove the file if it is gone`,
  );
}

function parseHolder(text: string): Partial<Holder> {
  try {
    return JSON.parse(text) as Partial<Holder>;
  } catch {
    // Written whole before it is linked, so no lock of ours: no one can say whose, and it stays.
    return {};
  }
}

/** Another host's processes can't be seen: they count as alive. */
function isAlive({ host, process: id, begun }: Partial<Holder>): boolean {
  if (host !== hostname() || id === undefined) return true;
  try {
    process.kill(id, 0);
  } catch (error) {
    // EPERM: alive, and another user's.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  return begun === processBegan(id);
}

/** Linux: field 22 of /proc/ID/stat, after the name in parentheses, which may hold spaces. */
function processBegan(id: number): string {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    // No such file system here.
    return '';
  }
}
