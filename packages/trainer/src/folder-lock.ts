import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { readTextIfThere } from '@fgam/data';
import { trainerError } from './error.js';

/** Who holds a lock. */
interface Holder {
  readonly host: string;
  readonly process: number;
  /**
   * When the process began, in the system's own count; a number that is used again is another process. Empty
   * where the system does not say.
   */
  readonly begun: string;
}

/** The file that holds a folder's lock. */
export function lockFile(folder: string): string {
  return join(folder, 'run.lock');
}

/**
 * Takes a folder for one writer until the returned function is called. A lock whose process has died
 * (killed, for instance) is taken over.
 *
 * @throws FgamError `trainer/folder-in-use` while a living process, this one or another, holds it
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = lockFile(folder);
  const holder: Holder = { host: hostname(), process: process.pid, begun: processBegan(process.pid) };
  const text = JSON.stringify({ ...holder, id: randomUUID() });
  if (!(await created(path, text))) await takeOver(path, text);
  return async () => {
    if ((await readTextIfThere(path)) === text) await rm(path, { force: true });
  };
}

/**
 * Puts a lock in the place of a dead one. Whoever removes one that is not its own holds a second lock
 * meanwhile: one at a time does.
 */
async function takeOver(path: string, text: string): Promise<void> {
  const held = await readTextIfThere(path);
  if (held !== undefined && isAlive(parseHolder(held))) throw inUse(path, held);
  const guard = `${path}.takeover`;
  if (!(await created(guard, text))) throw inUse(guard, await readTextIfThere(guard));
  try {
    if (held !== undefined && (await readTextIfThere(path)) === held) await rm(path);
    if (!(await created(path, text))) throw inUse(path, await readTextIfThere(path));
  } finally {
    await rm(guard, { force: true });
  }
}

/** Writes a file that must not be there yet; false where it is. */
async function created(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function inUse(path: string, holder = 'another run'): Error {
  return trainerError(
    'trainer/folder-in-use',
    `train: expected a folder that no other run writes, got ${path} of ${holder}; wait for that run, or remove the file if it is gone`,
  );
}

function parseHolder(text: string): Partial<Holder> {
  try {
    return JSON.parse(text) as Partial<Holder>;
  } catch {
    // Half written, or not by us: no one can say whose, and it stays.
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
