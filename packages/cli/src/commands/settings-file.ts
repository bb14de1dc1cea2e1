import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FgamError, makeFolder, readTextIfThere, type RegionSample, writeAtomic } from '@fgam/data';
import { manifestFormat } from '../manifest-format.js';

/** What says what shards are made with, of all commands. */
const FILES = ['labels.json', 'descriptions.json', 'filter.json'] as const;
const MANIFEST = 'manifest.json';

/** What shards are made with, said beside them. */
export interface FolderSettings {
  readonly out: string;
  /** Name of the file that says it. */
  readonly file: (typeof FILES)[number];
  readonly settings: object;
  /** Whether shards of other settings may be replaced. */
  readonly replace: boolean;
  /** The option that says so. */
  readonly option: string;
}

/**
 * Whether a folder says these settings already. Whole shards without a word of them are of other settings.
 *
 * @throws FgamError `label/other-settings` where it has others that may not be replaced; `data/bad-config` for
 * a folder of something else, such as scenes
 */
export async function checkFolder(claim: FolderSettings): Promise<boolean> {
  const { out, file, replace, option } = claim;
  const manifest = join(out, MANIFEST);
  const isWhole = existsSync(manifest);
  if (isWhole && (await manifestFormat(manifest)) !== 'fgam-shards')
    throw new FgamError(
      'data/bad-config',
      `${manifest}: expected a new folder or one of shards, got one of something else; choose another --out`,
    );
  const path = join(out, file);
  const before = await readTextIfThere(path);
  if (before === textOf(claim)) return true;
  if (replace || (before === undefined && !isWhole)) return false;
  throw new FgamError(
    'label/other-settings',
    before === undefined
      ? `expected a new folder, got ${out} with shards that were made otherwise (there is no ${file}); choose another --out, or ${option}`
      : `expected the settings of ${path}, got others; choose another --out, or ${option}`,
  );
}

/**
 * Says in a folder what its shards are made with. Where they are to be replaced by others, the folder is
 * whole no more until those are there.
 *
 * @throws FgamError as `checkFolder`
 */
export async function claimFolder(claim: FolderSettings): Promise<void> {
  if (await checkFolder(claim)) return;
  const { out, file } = claim;
  await makeFolder(out);
  for (const stale of [MANIFEST, ...FILES.filter((each) => each !== file)])
    await rm(join(out, stale), { force: true });
  await writeAtomic(join(out, file), textOf(claim));
}

/** Removes what says of a folder's shards how another command made them: they are of `data build` now. */
export async function forgetSettings(out: string): Promise<void> {
  for (const file of FILES) await rm(join(out, file), { force: true });
}

/** The same samples; `claim` is made with the first, so that a folder stays as it is where there is none. */
export async function* claimedWithFirst(
  samples: AsyncIterable<RegionSample>,
  claim: FolderSettings,
): AsyncGenerator<RegionSample, void, undefined> {
  let isClaimed = false;
  for await (const sample of samples) {
    if (!isClaimed) await claimFolder(claim);
    isClaimed = true;
    yield sample;
  }
}

function textOf({ settings }: FolderSettings): string {
  return `${JSON.stringify(settings, null, 2)}\n`;
}
