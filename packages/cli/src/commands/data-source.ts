import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  type DataSplit,
  FgamError,
  type LaionFilter,
  type ReaderOptions,
  readFlickr30kEntities,
  readImageFolder,
  streamInstructionSamples,
  readRefCoco,
  readScenes,
  readYolo,
  type RefCocoSplit,
  type RegionSample,
  type Skip,
  streamCoco,
  streamVisualGenome,
} from '@fgam/data';
import type { Command } from 'commander';
import { usageError } from '../usage-error.js';
import { readLaionSource } from './data-source-laion.js';

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
  'llava-instruct',
  'sharegpt4v',
] as const;

/** A format that `fgam data build` reads. */
export type SourceFormat = (typeof SOURCE_FORMATS)[number];

/** What `readSource` needs to know. */
export interface SourceOptions extends LaionFilter {
  readonly from: SourceFormat;
  /** Shard folder: what is taken out of tars goes beside it. */
  readonly out: string;
  readonly images?: string;
  readonly captions?: string;
  readonly instances?: string;
  /** RefCOCO's, default train and val; YOLO's, default train alone. */
  readonly splits?: readonly RefCocoSplit[];
  /** RefCOCO's: training references of images that are held out too. */
  readonly keepShared?: boolean;
  readonly maxSkips?: number;
}

/** What a source gave. */
export interface SourceData {
  /** Read anew each time that they are gone through. */
  readonly samples: Iterable<RegionSample> | AsyncIterable<RegionSample>;
  /** Of a stream of tars it is whole when the samples have been gone through. */
  readonly skipped: readonly Skip[];
  /** Where the source has splits of its own, see `hasOwnSplits`. */
  readonly splitOf?: (sample: RegionSample) => DataSplit;
  /** What is there and well, but has no place in shards: its name and number. */
  readonly leftOut: Readonly<Record<string, number>>;
}

/** Whether the samples keep official splits, so that none are held out by a share; known before the source is read. */
export function hasOwnSplits({ from, splits }: Pick<SourceOptions, 'from' | 'splits'>): boolean {
  return from === 'refcoco' || (from === 'yolo' && splits !== undefined);
}

/**
 * Reads a source in its official format. Where images and captions lie follows from the data set's own
 * layout, unless it is said.
 *
 * @throws FgamError as the format's reader; as `usageError` where an option is missing or wrong
 */
export async function readSource(
  source: string,
  options: SourceOptions,
  { command, signal }: { readonly command: Command; readonly signal: AbortSignal },
): Promise<SourceData> {
  const needed = (flag: string, what: string): never =>
    usageError(command, `expected ${flag} with --from ${options.from}: ${what}`);
  const { from, images } = options;
  const skips = { signal, ...(options.maxSkips === undefined ? {} : { maxSkips: options.maxSkips }) };
  switch (from) {
    case 'coco': {
      const split = basename(source, '.json').replace(/^instances_?/, '');
      const captions = options.captions ?? captionsBeside(source);
      const found = await streamCoco({
        instances: source,
        ...(captions === undefined ? {} : { captions }),
        images: images ?? join(dirname(dirname(source)), split === '' ? 'images' : split),
        check: 'decode',
        ...skips,
      });
      const leftOut = { crowds: found.crowds, 'captions after the first': afterFirst(found.captions) };
      return { ...found, leftOut };
    }
    case 'visual-genome': {
      const found = await streamVisualGenome({
        ...visualGenomeFiles(source),
        images: images ?? join(source, 'images'),
        check: 'decode',
        ...skips,
      });
      return { ...found, leftOut: {} };
    }
    case 'scenes':
      return { ...(await readScenes(source, skips)), leftOut: {} };
    case 'images':
      return { ...(await readImageFolder({ folder: source, ...skips })), leftOut: {} };
    case 'laion':
      return readLaionSource(source, options, signal);
    case 'flickr30k': {
      const found = await readFlickr30kEntities({
        sentences: join(source, 'Sentences'),
        annotations: join(source, 'Annotations'),
        images: images ?? join(source, 'flickr30k-images'),
        ...skips,
      });
      const leftOut = {
        'captions after the first': afterFirst(found.captions),
        'phrases after the first': afterFirst(found.texts),
        'phrases without a box': found.phrasesWithoutBox,
      };
      return { ...found, leftOut };
    }
    case 'refcoco': {
      const { instances = join(dirname(source), 'instances.json'), splits: wanted = ['train', 'val'] } =
        options;
      const photos = images ?? needed('--images', "the folder of COCO's photos");
      const { keepShared = false } = options;
      const found = await readRefCoco({
        ...{ refs: source, instances, images: photos, splits: wanted, keepShared },
        ...skips,
      });
      const { samples, skipped, texts, splits, otherSplits, sharedImages } = found;
      const splitOf = ({ regions }: RegionSample) =>
        regions.every(({ id }) => splits.get(id) === 'train') ? 'train' : 'validation';
      const leftOut = {
        'expressions after the first': afterFirst(texts),
        'references of other splits': otherSplits,
        'training references of held-out photos': sharedImages,
      };
      return { samples, skipped, splitOf, leftOut };
    }
    case 'yolo':
      for (const split of options.splits ?? [])
        if (!isYoloSplit(split))
          usageError(command, `expected --splits of train, val and test, got ${split}`);
      return readYoloSplits(source, options.splits?.filter(isYoloSplit), skips);
    case 'llava-instruct':
    case 'sharegpt4v': {
      const photos = images ?? needed('--images', 'the folder that its image names begin in');
      const found = await streamInstructionSamples({ source: from, file: source, images: photos, ...skips });
      return { ...found, leftOut: {} };
    }
  }
}

type YoloSplit = Extract<RefCocoSplit, 'train' | 'val' | 'test'>;

function isYoloSplit(split: RefCocoSplit): split is YoloSplit {
  return split === 'train' || split === 'val' || split === 'test';
}

/**
 * The splits of a YOLO folder, one after the other; without splits asked for its training images alone,
 * which the builder divides.
 */
async function readYoloSplits(
  data: string,
  splits: readonly YoloSplit[] | undefined,
  options: ReaderOptions,
): Promise<SourceData> {
  if (splits === undefined) return { ...(await readYolo({ data, ...options })), leftOut: {} };
  const samples: RegionSample[] = [];
  const skipped: Skip[] = [];
  const training = new Set<string>();
  for (const split of splits) {
    const found = await readYolo({ data, split, ...options });
    samples.push(...found.samples);
    skipped.push(...found.skipped);
    if (split === 'train') for (const { id } of found.samples) training.add(id);
  }
  return { samples, skipped, splitOf: ({ id }) => (training.has(id) ? 'train' : 'validation'), leftOut: {} };
}

/** Number of texts beside the first of each. */
function afterFirst(texts: ReadonlyMap<string, readonly string[]>): number {
  let count = 0;
  for (const list of texts.values()) count += Math.max(0, list.length - 1);
  return count;
}

/** `captions_train2017.json` beside `instances_train2017.json`, where it is there. */
function captionsBeside(instances: string): string | undefined {
  const name = basename(instances);
  if (!name.startsWith('instances')) return undefined;
  const path = join(dirname(instances), name.replace('instances', 'captions'));
  return existsSync(path) ? path : undefined;
}

/** Those of Visual Genome's files that are in the folder. Regions or objects must be. */
function visualGenomeFiles(folder: string) {
  const pathOf = (name: string) => join(folder, name);
  const ifThere = <Key extends string>(key: Key, name: string) =>
    existsSync(pathOf(name)) ? { [key]: pathOf(name) } : {};
  const described = ifThere('regionDescriptions', 'region_descriptions.json');
  const named = ifThere('objects', 'objects.json');
  if (!('regionDescriptions' in described || 'objects' in named))
    throw new FgamError(
      'data/missing-file',
      `fgam data build: expected region_descriptions.json or objects.json in ${folder}, found neither`,
    );
  return {
    imageData: pathOf('image_data.json'),
    ...described,
    ...named,
    ...('objects' in named ? ifThere('attributes', 'attributes.json') : {}),
    ...('objects' in named ? ifThere('relationships', 'relationships.json') : {}),
  };
}
