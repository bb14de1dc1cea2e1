import { boxUnitFromPixels } from './box.js';
import type { CocoAnnotations } from './coco-annotations.js';
import { readCocoCaptions } from './coco-captions.js';
import { type CocoInstances, readCocoInstances } from './coco-instances.js';
import { rowsByPicture } from './coco-rows.js';
import { FgamError } from './error.js';
import { idKey } from './id-key.js';
import { findImageFault, type ImageCheck } from './image-file.js';
import { filesInside } from './inside-folder.js';
import { mapBounded } from './map-bounded.js';
import type { ImageSize, Region, RegionSample } from './records.js';
import { COCO_CROWD } from './select-regions.js';
import { type Skip, SkipList } from './skips.js';
import { withArticle } from './with-article.js';
import type { ReaderOptions } from './reader-options.js';

/** Options of `readCoco` and `streamCoco`. */
export interface ReadCocoOptions extends ReaderOptions {
  /** Path of an instances file, such as `annotations/instances_train2017.json`. */
  readonly instances: string;
  /** Path of a captions file for the same images. */
  readonly captions?: string;
  /** Folder of the images. */
  readonly images: string;
  /** How image files are looked at. Default `decode`. */
  readonly check?: ImageCheck;
  /** Give regions their masks. Broken ones are faults in either case. Default true. */
  readonly masks?: boolean;
  /** The text of a region by its category's name, asked once a category. Default with its article: `an apple`. */
  readonly describe?: (category: string) => string;
}

/** What `streamCoco` found. */
export interface CocoStream {
  /** Number of samples. */
  readonly count: number;
  /** Each sample is made when it is asked for, anew in every iteration. */
  readonly samples: Iterable<RegionSample>;
  readonly skipped: readonly Skip[];
  /** Every caption of a sample, by its id; `sample.caption` is the first. */
  readonly captions: ReadonlyMap<string, readonly string[]>;
  /** Number of regions that are crowds. */
  readonly crowds: number;
}

/** An image that is used. */
interface Picture {
  readonly id: string;
  readonly path: string;
  readonly size: ImageSize;
}

/**
 * Reads COCO annotations as `readCoco` does, but makes the samples one at a time, for data sets as
 * large as all of COCO: its 860,000 instances with masks are read by a process of 400 MB, where the
 * samples alone would take 1 GB.
 *
 * All files have been read and all records checked before the first sample; `skipped` is complete by then.
 *
 * @throws FgamError as `readCoco`
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { buildShards, streamCoco, writeScenes } from '@fgam/data';
 * const folder = await mkdtemp(join(tmpdir(), 'coco-'));
 * const out = join(folder, 'scenes');
 * await writeScenes({ out, count: 4, seed: 1, split: 'train' });
 * const instances = join(out, 'annotations', 'instances.json');
 * const { count, samples, skipped } = await streamCoco({ instances, images: join(out, 'images') });
 * const manifest = await buildShards({ samples, skipped, out: join(folder, 'shards') });
 * if (count !== 4 || manifest.samples !== 4) throw new Error(JSON.stringify(manifest));
 * ```
 */
export async function streamCoco(options: ReadCocoOptions): Promise<CocoStream> {
  const { instances: file, masks = true, describe = withArticle, signal } = options;
  const skips = new SkipList('readCoco', options.maxSkips);
  const found = await readCocoInstances(file, { masks, signal });
  for (const { id, reason, detail } of found.skips) skips.add(file, id, reason, detail);
  const pictures = await findPictures(options, found.images, skips);
  const { rowsOf, incompleteOf } = rowsByPicture(found, pictures, { file, skips });

  let captions: ReadonlyMap<string, readonly string[]> = new Map<string, string[]>();
  if (options.captions !== undefined) {
    const kept = new Set(pictures.map(({ id }) => idKey(id)));
    const isKnown = (id: number | string) => found.images.has(id);
    const read = await readCocoCaptions(options.captions, { isKnown, isKept: (id) => kept.has(id) }, signal);
    captions = read.captions;
    for (const { id, reason, detail } of read.skips) skips.add(options.captions, id, reason, detail);
  }
  if (pictures.length === 0)
    throw new FgamError(
      'data/empty',
      `readCoco: expected usable images in ${options.images}, got none of ${found.images.size}; the first fault: ` +
        `${skips.skips[0]?.detail ?? 'none'}`,
    );

  const names = new Map(
    [...found.categories].map(([id, label]) => [id, { label, description: describe(label) }]),
  );
  const { annotations } = found;
  let crowds = 0;
  for (const place of pictures.keys())
    for (const row of rowsOf(place)) if (annotations.isCrowd(row)) crowds++;
  function* samples(): Generator<RegionSample, void, undefined> {
    for (const [place, { id, path, size }] of pictures.entries()) {
      const caption = captions.get(id)?.[0];
      const regions: Region[] = [];
      for (const row of rowsOf(place)) regions.push(regionAt(annotations, row, size, names));
      yield {
        id,
        image: path,
        width: size.width,
        height: size.height,
        ...(caption === undefined ? {} : { caption }),
        regions,
        ...incompleteOf(place),
      };
    }
  }
  return {
    count: pictures.length,
    samples: { [Symbol.iterator]: samples },
    skipped: skips.skips,
    captions,
    crowds,
  };
}

/** The images whose files are as annotated. */
async function findPictures(
  options: ReadCocoOptions,
  images: CocoInstances['images'],
  skips: SkipList,
): Promise<Picture[]> {
  const find = filesInside(options.images);
  let done = 0;
  const checked = await mapBounded([...images.values()], 8, async ({ id, file_name, width, height }) => {
    options.signal?.throwIfAborted();
    const { path } = await find(file_name);
    const size = { width, height };
    const fault = await findImageFault(path, size, options.check ?? 'decode');
    options.onProgress?.(++done, images.size);
    return { id: String(id), path, size, fault };
  });
  return checked.flatMap(({ fault, ...picture }) => {
    if (!fault) return [picture];
    skips.add(options.instances, picture.id, fault.reason, fault.detail);
    return [];
  });
}

function regionAt(
  annotations: CocoAnnotations,
  row: number,
  size: ImageSize,
  names: ReadonlyMap<number, { readonly label: string; readonly description: string }>,
): Region {
  const id = String(annotations.idAt(row));
  const box = boxUnitFromPixels(annotations.boxAt(row), size);
  const mask = annotations.maskAt(row, size);
  const { label, description } = names.get(annotations.categoryAt(row)) as Pick<
    Region,
    'label' | 'description'
  >;
  const source = annotations.isCrowd(row) ? COCO_CROWD : 'coco';
  return mask ? { id, box, mask, label, description, source } : { id, box, label, description, source };
}
