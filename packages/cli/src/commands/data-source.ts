import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import {
  FgamError,
  readFlickr30kEntities,
  readImageFolder,
  readLaion,
  readRefCoco,
  readScenes,
  readVisualGenome,
  readYolo,
  streamCoco,
  type RegionSample,
  type Skip,
  SkipList,
} from '@fgam/data';

/** Formats that `fgam data build` reads. */
export const SOURCE_FORMATS = [
  'coco',
  'visual-genome',
  'scenes',
  'images',
  'laion',
  'flickr30k',
  'refcoco',
  'yolo',
] as const;

/** A format that `fgam data build` reads. */
export type SourceFormat = (typeof SOURCE_FORMATS)[number];

/** What `readSource` needs to know. */
export interface SourceOptions {
  readonly from: SourceFormat;
  /** Shard folder: what is taken out of tars goes beside it. */
  readonly out: string;
  readonly images?: string;
  readonly captions?: string;
  readonly instances?: string;
  readonly maxSkips?: number;
}

/** What a source gave. */
export interface SourceData {
  /** Read anew each time that they are gone through. */
  readonly samples: Iterable<RegionSample>;
  readonly count: number;
  readonly skipped: readonly Skip[];
}

/**
 * Reads a source in its official format. Where images and captions lie follows from the data set's own layout, unless it is said.
 *
 * @throws FgamError as the format's reader; `data/bad-config` where something is missing that can't be found
 */
export async function readSource(
  source: string,
  options: SourceOptions,
  signal: AbortSignal,
): Promise<SourceData> {
  const { images } = options;
  const skips = { signal, ...(options.maxSkips === undefined ? {} : { maxSkips: options.maxSkips }) };
  switch (options.from) {
    case 'coco': {
      const split = basename(source, '.json').replace(/^instances_?/, '');
      const captions = options.captions ?? captionsBeside(source);
      return streamCoco({
        instances: source,
        ...(captions === undefined ? {} : { captions }),
        images: images ?? join(dirname(dirname(source)), split === '' ? 'images' : split),
        check: 'decode',
        ...skips,
      });
    }
    case 'visual-genome':
      return counted(
        await readVisualGenome({
          imageData: join(source, 'image_data.json'),
          regionDescriptions: join(source, 'region_descriptions.json'),
          images: images ?? join(source, 'images'),
          check: 'decode',
          ...skips,
        }),
      );
    case 'scenes':
      return counted(await readScenes(source, skips));
    case 'images':
      return counted(await readImageFolder({ folder: source, ...skips }));
    case 'laion':
      return laion(source, options, signal);
    case 'flickr30k':
      return counted(
        await readFlickr30kEntities({
          sentences: join(source, 'Sentences'),
          annotations: join(source, 'Annotations'),
          images: images ?? join(source, 'flickr30k-images'),
          ...skips,
        }),
      );
    case 'refcoco': {
      const { instances = join(dirname(source), 'instances.json') } = options;
      if (images === undefined)
        throw new FgamError(
          'data/bad-config',
          "fgam data build: --from refcoco needs --images, the folder of COCO's photos",
        );
      return counted(await readRefCoco({ refs: source, instances, images, ...skips }));
    }
    case 'yolo':
      return counted(await readYolo({ data: source, ...skips }));
  }
}

function counted({
  samples,
  skipped,
}: {
  readonly samples: readonly RegionSample[];
  readonly skipped: readonly Skip[];
}): SourceData {
  return { samples, count: samples.length, skipped };
}

/** The tars of a folder, or one tar, in the order of their names. Images are taken out beside the shards. */
async function laion(source: string, options: SourceOptions, signal: AbortSignal): Promise<SourceData> {
  const tars = extname(source) === '.tar' ? [source] : await tarsIn(source);
  if (tars.length === 0) {
    throw new FgamError(
      'data/bad-config',
      `fgam data build: expected tars of img2dataset in ${source}, found none; lists of addresses (Parquet) have no images, fetch them with img2dataset first`,
    );
  }
  const skips = new SkipList('fgam data build', options.maxSkips);
  const samples: RegionSample[] = [];
  const onSkip = ({ file, id, reason, detail }: Skip): void => skips.add(file, id, reason, detail);
  const images = options.images ?? `${options.out}-images`;
  for await (const sample of readLaion({ tars, images, onSkip, signal })) samples.push(sample);
  return counted({ samples, skipped: skips.skips });
}

/** `captions_train2017.json` beside `instances_train2017.json`, where it is there. */
function captionsBeside(instances: string): string | undefined {
  const name = basename(instances);
  if (!name.startsWith('instances')) return undefined;
  const path = join(dirname(instances), name.replace('instances', 'captions'));
  return existsSync(path) ? path : undefined;
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
