import { resolve } from 'node:path';
import type { Command } from 'commander';
import { usageError } from '../usage-error.js';

/** Refuses to write into the folder that is read. @throws as `usageError` */
export function refuseSameFolder(command: Command, source: string, out: string): void {
  if (resolve(out) === resolve(source))
    usageError(command, `expected --out to be another folder than ${source}, got the same; name a new one`);
}
