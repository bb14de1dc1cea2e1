import { rmSync, statSync } from 'node:fs';

/** No statement on a study's file takes so long. */
const STALE_MILLISECONDS = 30_000;

/**
 * Takes away the lock that a killed process left beside a study's file. node-sqlite3-wasm locks by a folder `FILE.lock`, which nobody
 * removes when its process dies within a write; SQLite then undoes the half of the write by its journal.
 */
export function releaseStaleLock(path: string): void {
  const lock = `${path}.lock`;
  const made = statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
  if (made !== undefined && Date.now() - made > STALE_MILLISECONDS)
    rmSync(lock, { recursive: true, force: true });
}
