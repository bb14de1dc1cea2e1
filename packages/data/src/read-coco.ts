import type { z } from 'zod';
import { boxUnitFromPixels } from './box.js';
import { cocoMask } from './coco-mask.js';
import {
  cocoAnnotation,
  cocoCaption,
  cocoCaptionsFile,
  cocoCategory,
  cocoImage,
  cocoInstancesFile,
} from './coco-schema.js';
import { FgamError, isFgamError } from './error.js';
import { findImageFault, type ImageCheck } from './image-file.js';
import { filesInside } from './inside-folder.js';
import { readJson } from './json.js';
import { describeFaults, parseRecord } from './parse-record.js';
import { mapBounded } from './map-bounded.js';
import type { Region, RegionSample } from './records.js';
import { COCO_CROWD } from './select-regions.js';
import { type Skip, SkipList } from './skips.js';
import { withArticle } from './with-article.js';

/** Options of `readCoco`. */
export interface ReadCocoOptions {
  /** Path of an instances file, such as `annotations/instances_train2017.json`. */
  readonly instances: string;
  /** Path of a captions file for the same images. */
  readonly captions?: string;
  /** Folder of the images. */
  readonly images: string;
  /** How image files are looked at. Default `decode`. */
  readonly check?: ImageCheck;
  /** Most records that may be left out. Default no limit. */
  readonly maxSkips?: number;
  /** The text of a region by its category's name. Default with its article: `an apple`. */
  readonly describe?: (category: string) => string;
  /** Called after each checked image. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** What `readCoco` found. */
export interface CocoData {
  readonly samples: readonly RegionSample[];
  readonly skipped: readonly Skip[];
  /** Every caption of a sample, by its id; `sample.caption` is the first. */
  readonly captions: ReadonlyMap<string, readonly string[]>;
}

type Image = z.infer<typeof cocoImage>;

/**
 * Reads COCO annotations: boxes (`x, y, width, height` in pixels) become image fractions, polygons too; run-length masks
 * stay run lengths. A region's label is its category, its description the same with an article.
 *
 * Crowd regions (`iscrowd` 1) have the source `coco-crowd` and are left out of pairs and batches unless asked for. What is
 * wrong with one record (its form, box, category, image, id) leaves that record out, counted and listed; a box may
 * reach one pixel over the edge and is clipped.
 *
 * @throws FgamError `data/bad-json`, `data/missing-file`; `data/bad-record` where a file is of another format; `data/empty`
 *   where no image is left; `data/path-escape` where a file name leads out of the folder; `data/too-many-skips`
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { readCoco } from '@fgam/data';
 * const folder = await mkdtemp(join(tmpdir(), 'coco-'));
 * await writeFile(join(folder, 'instances.json'), JSON.stringify({
 *   images: [{ id: 7, file_name: 'a.png', width: 100, height: 50 }],
 *   annotations: [{ id: 1, image_id: 7, category_id: 53, bbox: [10, 10, 40, 20], iscrowd: 0 }],
 *   categories: [{ id: 53, name: 'apple' }],
 * }));
 * const { samples } = await readCoco({ instances: join(folder, 'instances.json'), images: folder, check: 'none' });
 * const [region] = samples[0]?.regions ?? [];
 * if (region?.description !== 'an apple' || region.box.x1 !== 0.5) throw new Error(JSON.stringify(region));
 * ```
 */
export async function readCoco(options: ReadCocoOptions): Promise<CocoData> {
  const { instances: file, check = 'decode', describe = withArticle } = options;
  const skips = new SkipList('readCoco', options.maxSkips);
  const parts = cocoInstancesFile.safeParse(await readJson(file));
  if (!parts.success)
    throw new FgamError(
      'data/bad-record',
      `readCoco: expected lists of images, annotations and categories in ${file}, got: ${describeFaults(parts.error)}`,
    );
  if (parts.data.images.length === 0)
    throw new FgamError('data/empty', `readCoco: expected images in ${file}, got none; check the file`);

  const categories = new Map<number, string>();
  for (const raw of parts.data.categories) {
    const category = parseRecord(cocoCategory, raw, { file, what: 'category', skips });
    if (!category) continue;
    if (categories.has(category.id))
      skips.add(file, category.id, 'duplicate-id', 'a category of this id exists');
    else categories.set(category.id, category.name);
  }

  const images = new Map<string, Image>();
  for (const raw of parts.data.images) {
    const image = parseRecord(cocoImage, raw, { file, what: 'image', skips });
    if (!image) continue;
    if (images.has(String(image.id))) skips.add(file, image.id, 'duplicate-id', 'an image of this id exists');
    else images.set(String(image.id), image);
  }
  const known = new Set(images.keys());
  const paths = new Map<string, string>();
  const find = filesInside(options.images);
  let done = 0;
  const faults = await mapBounded([...images.values()], 8, async (image) => {
    options.signal?.throwIfAborted();
    const { path } = await find(image.file_name);
    paths.set(String(image.id), path);
    const fault = await findImageFault(path, image, check);
    options.onProgress?.(++done, images.size);
    return { image, fault };
  });
  for (const { image, fault } of faults) {
    if (!fault) continue;
    skips.add(file, image.id, fault.reason, fault.detail);
    images.delete(String(image.id));
  }

  const regions = new Map<string, Region[]>();
  const seen = new Set<string>();
  for (const raw of parts.data.annotations) {
    const annotation = parseRecord(cocoAnnotation, raw, { file, what: 'annotation', skips });
    if (!annotation) continue;
    const imageId = String(annotation.image_id);
    const skip = (reason: Skip['reason'], detail: string) => skips.add(file, annotation.id, reason, detail);
    if (seen.has(String(annotation.id))) {
      skip('duplicate-id', 'an annotation of this id exists');
      continue;
    }
    seen.add(String(annotation.id));
    const image = images.get(imageId);
    if (!image) {
      if (!known.has(imageId)) skip('unknown-image', `no image has the id ${imageId}`);
      continue; // an image that was left out takes its regions with it
    }
    const label = categories.get(annotation.category_id);
    if (label === undefined) {
      skip('unknown-category', `no category has the id ${annotation.category_id}`);
      continue;
    }
    const mask = cocoMask(annotation.segmentation, image);
    if (typeof mask === 'string') {
      skip('bad-record', `segmentation: ${mask}`);
      continue;
    }
    const [x, y, width, height] = annotation.bbox;
    try {
      const region: Region = {
        id: String(annotation.id),
        box: boxUnitFromPixels({ x, y, width, height }, image),
        ...(mask ? { mask } : {}),
        label,
        description: describe(label),
        source: annotation.iscrowd === 1 ? COCO_CROWD : 'coco',
      };
      const list = regions.get(imageId);
      if (list) list.push(region);
      else regions.set(imageId, [region]);
    } catch (error) {
      if (!isFgamError(error) || error.code !== 'data/bad-box') throw error;
      skip('bad-box', error.message);
    }
  }

  const captions = options.captions
    ? await readCaptions(options.captions, known, images, skips)
    : new Map<string, string[]>();
  if (images.size === 0)
    throw new FgamError(
      'data/empty',
      `readCoco: expected usable images in ${options.images}, got none of ${known.size}; the first fault: ` +
        `${skips.skips[0]?.detail ?? 'none'}`,
    );
  const samples = [...images.values()].map((image): RegionSample => {
    const id = String(image.id);
    const caption = captions.get(id)?.[0];
    return {
      id,
      image: paths.get(id) as string,
      width: image.width,
      height: image.height,
      ...(caption === undefined ? {} : { caption }),
      regions: regions.get(id) ?? [],
    };
  });
  return { samples, skipped: skips.skips, captions };
}

async function readCaptions(
  file: string,
  known: ReadonlySet<string>,
  images: ReadonlyMap<string, Image>,
  skips: SkipList,
): Promise<Map<string, string[]>> {
  const parts = cocoCaptionsFile.safeParse(await readJson(file));
  if (!parts.success)
    throw new FgamError(
      'data/bad-record',
      `readCoco: expected a list of annotations in ${file}, got: ${describeFaults(parts.error)}`,
    );
  const captions = new Map<string, string[]>();
  const seen = new Set<string>();
  for (const raw of parts.data.annotations) {
    const caption = parseRecord(cocoCaption, raw, { file, what: 'caption', skips });
    if (!caption) continue;
    const imageId = String(caption.image_id);
    const text = caption.caption.trim();
    if (seen.has(String(caption.id)))
      skips.add(file, caption.id, 'duplicate-id', 'a caption of this id exists');
    else if (!known.has(imageId))
      skips.add(file, caption.id, 'unknown-image', `no image has the id ${imageId}`);
    else if (text === '') skips.add(file, caption.id, 'no-text', 'the caption is empty');
    else if (images.has(imageId)) {
      const list = captions.get(imageId);
      if (list) list.push(text);
      else captions.set(imageId, [text]);
    }
    seen.add(String(caption.id));
  }
  return captions;
}
