import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FgamError } from '@fgam/data';

/** What a run makes first; scenes that are being written lie beside it under another name. */
const FIRST = join('scenes', 'train', 'manifest.json');
const PARTIAL = '.train.partial-';

/**
 * Refuses a folder that holds something and that no quickstart made: by its training scenes, or, where a run
 * was killed before they were whole, by nothing but their beginning.
 *
 * @throws FgamError `fgam/bad-config`
 */
export async function checkQuickstartFolder(out: string): Promise<void> {
  const names = await namesIn(out);
  if (names.length === 0 || existsSync(join(out, FIRST))) return;
  const isBegun =
    names.every((name) => name === 'scenes') &&
    (await namesIn(join(out, 'scenes'))).every((name) => name.startsWith(PARTIAL));
  if (isBegun) return;
  throw new FgamError<'fgam/bad-config'>(
    'fgam/bad-config',
    `fgam quickstart: expected a new or empty folder or one of a quickstart, got ${out} with ${names.length} other entries; choose another --out`,
  );
}

/** None where there is no folder yet; what is no folder is refused where it is written into. */
async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return [];
    throw error;
  });
}
