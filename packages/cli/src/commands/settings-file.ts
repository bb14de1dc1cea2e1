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
 * Says in a folder what its shards are made with. Where they are to be replaced by others, the folder is whole no more until those are there.
 *
 * @throws FgamError `label/other-settings` where the folder says something else
 */
export async function claimFolder(claim: FolderSettings): Promise<void> {
  const { out, file, replace, option } = claim;
  const path = join(out, file);
  const settings = `${JSON.stringify(claim.settings, null, 2)}\n`;
  const before = await readTextIfThere(path);
  if (before === settings) return;
  if (before !== undefined && !replace) {
    throw new FgamError(
      'label/other-settings',
      `expected the settings of ${path}, got others; choose another --out, or ${option}`,
    );
  }
  await makeFolder(out);
  await rm(join(out, 'manifest.json'), { force: true });
  await writeAtomic(path, settings);
}
