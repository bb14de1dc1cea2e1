import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { usageError } from '../usage-error.js';

/** Refuses to write into the folder that is read, whatever links lead there. @throws as `usageError` */
export function refuseSameFolder(command: Command, source: string, out: string): void {
  if (realPath(out) === realPath(source))
    usageError(command, `expected --out to be another folder than ${source}, got the same; name a new one`);
}

/** Without links; what is not there, or not to be seen, by its path. */
function realPath(folder: string): string {
  try {
    return realpathSync.native(folder);
  } catch {
    return resolve(folder);
  }
}
