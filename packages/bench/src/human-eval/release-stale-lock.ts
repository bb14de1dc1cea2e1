import { rmSync, statSync } from 'node:fs';

/** No statement on a study's file takes so long. */
const STALE_MILLISECONDS = 10_000;
const PAUSE_MILLISECONDS = 50;

/**
 * Takes away the lock that a killed process left beside a study's file, waiting until it is old enough to be
 * sure. node-sqlite3-wasm locks by a folder `FILE.lock`, which nobody removes when its process dies within a
 * statement; SQLite then undoes the half of a write by its journal.
 */
export function releaseStaleLock(path: string): void {
  const lock = `${path}.lock`;
  const end = Date.now() + STALE_MILLISECONDS;
  const pause = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  do {
    const made = statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
    if (made === undefined) return;
    if (Date.now() - made > STALE_MILLISECONDS) {
      rmSync(lock, { recursive: true, force: true });
      return;
    }
    // The store is synchronous as a whole.
    Atomics.wait(pause, 0, 0, PAUSE_MILLISECONDS);
  } while (Date.now() <= end);
}
