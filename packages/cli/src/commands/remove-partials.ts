import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Removes the half-written files that a killed run left in a folder of shards; one command at a time works in it. */
export async function removePartials(out: string): Promise<void> {
  const names = await readdir(out).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  for (const name of names) if (name.endsWith('.partial')) await rm(join(out, name), { force: true });
}
