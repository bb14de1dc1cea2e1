import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { notWritable } from '@fgam/data';
import type { ExportFileOptions, ExportFormat } from '@fgam/rectifier';

/** What an export left out. */
export const SKIPS_FILE = 'skipped.jsonl';

/** Files of an engine by the end of their names, the first in every export. */
const ENDS: Readonly<Record<ExportFormat, readonly [string, ...string[]]>> = {
  llava: ['.json', '_rm.json'],
  'llama-factory': ['_sft.json', '_rm.json', '_preference.json'],
  trl: ['_sft.jsonl', '_rm.jsonl', '_preference.jsonl'],
};

/**
 * Removes what an earlier export of the same engine and name wrote and this one did not. A file that two
 * engines call the same stays where an export of the other is there, too; the skips of a folder with a manifest
 * are part of what that lists.
 *
 * @throws FgamError `data/not-writable`
 */
export async function removeStaleFiles(
  out: string,
  { format, name = 'fgam', written }: ExportFileOptions & { readonly written: readonly string[] },
): Promise<void> {
  const isThere = (file: string): boolean => existsSync(join(out, file));
  const others = Object.entries(ENDS)
    .filter(([engine, [first]]) => engine !== format && isThere(`${name}${first}`))
    .flatMap(([, ends]) => ends);
  const own = ENDS[format].filter((end) => !others.includes(end)).map((end) => `${name}${end}`);
  const stale = isThere('manifest.json') ? own : [...own, SKIPS_FILE];
  for (const file of stale.filter((each) => !written.includes(each)))
    await rm(join(out, file), { force: true }).catch((error: unknown) => {
      throw notWritable(join(out, file), error);
    });
}
