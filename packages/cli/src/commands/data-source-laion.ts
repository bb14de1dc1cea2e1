import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { FgamError, readLaion, type RegionSample, SkipList } from '@fgam/data';
import type { SourceData, SourceOptions } from './data-source.js';

/**
 * The tars of a folder, or one tar, in the order of their names, as a stream of samples that the filters let
 * through. Images are taken out beside the shards, once.
 *
 * @throws FgamError as `readLaion`; `data/bad-config` where there are no tars
 */
export async function readLaionSource(
  source: string,
  options: SourceOptions,
  signal: AbortSignal,
): Promise<SourceData> {
  const tars = extname(source) === '.tar' ? [source] : await tarsIn(source);
  if (tars.length === 0)
    throw new FgamError(
      'data/bad-config',
      `fgam data build: expected tars of img2dataset in ${source}, found none; lists of addresses (Parquet) have no images, fetch them with img2dataset first`,
    );
  const { minSide, maxSide, maxAspect, minCaption, maxCaption, minSimilarity, nsfw, unique } = options;
  const given = { minSide, maxSide, maxAspect, minCaption, maxCaption, minSimilarity, nsfw, unique };
  const filter = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const skips = new SkipList('fgam data build', options.maxSkips);
  const images = options.images ?? `${options.out}-images`;
  async function* samples(): AsyncGenerator<RegionSample, void, undefined> {
    skips.skips.length = 0; // what an earlier reading has left out is left out again
    yield* readLaion({
      ...filter,
      ...{ tars, images, signal },
      onSkip: ({ file, id, reason, detail }) => skips.add(file, id, reason, detail),
    });
  }
  return { samples: { [Symbol.asyncIterator]: samples }, skipped: skips.skips, leftOut: {} };
}

async function tarsIn(folder: string): Promise<string[]> {
  if (!existsSync(folder))
    throw new FgamError(
      'data/missing-file',
      `fgam data build: expected a folder of tars at ${folder}, found none`,
    );
  const names = await readdir(folder);
  return names
    .filter((name) => name.endsWith('.tar'))
    .sort()
    .map((name) => join(folder, name));
}
