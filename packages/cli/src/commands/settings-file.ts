import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FgamError, makeFolder, readTextIfThere, writeAtomic } from '@fgam/data';

/** What shards are made with, said beside them. */
export interface FolderSettings {
  readonly out: string;
  /** Name of the file that says it. */
  readonly file: string;
  readonly settings: object;
  /** Whether shards of other settings may be replaced. */
  readonly replace: boolean;
  /** The option that says so. */
  readonly option: string;
}

/**
 * Whether a folder says these settings already.
 *
 * @throws FgamError `label/other-settings` where it says others that may not be replaced
 */
export async function checkFolder(claim: FolderSettings): Promise<boolean> {
  const path = join(claim.out, claim.file);
  const before = await readTextIfThere(path);
  if (before === textOf(claim)) return true;
  if (before === undefined || claim.replace) return false;
  throw new FgamError(
    'label/other-settings',
    `expected the settings of ${path}, got others; choose another --out, or ${claim.option}`,
  );
}

/**
 * Says in a folder what its shards are made with. Where they are to be replaced by others, the folder is
 * whole no more until those are there.
 *
 * @throws FgamError `label/other-settings` where the folder says something else
 */
export async function claimFolder(claim: FolderSettings): Promise<void> {
  if (await checkFolder(claim)) return;
  await makeFolder(claim.out);
  await rm(join(claim.out, 'manifest.json'), { force: true });
  await writeAtomic(join(claim.out, claim.file), textOf(claim));
}

function textOf({ settings }: FolderSettings): string {
  return `${JSON.stringify(settings, null, 2)}\n`;
}
