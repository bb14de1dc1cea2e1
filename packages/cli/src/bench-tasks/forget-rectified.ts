import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readTextIfThere } from '@fgam/data';
import { z } from 'zod';

/** Of a run with a critic one of these is there. */
const scores = z.looseObject({ rectified: z.unknown(), accounting: z.unknown() }).partial();

/**
 * Removes what an earlier run with a critic has left in a run's folder, which would be taken for that of the run
 * without one. Where `scores.json` does not tell of such a run, files of these names are somebody else's.
 */
export async function forgetRectified(out: string, names: readonly string[]): Promise<void> {
  const before = scores.safeParse(parsed(await readTextIfThere(join(out, 'scores.json')))).data ?? {};
  if (before.rectified === undefined && before.accounting === undefined) return;
  for (const name of names) await rm(join(out, name), { recursive: true, force: true });
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
