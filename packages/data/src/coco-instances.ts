import type { z } from 'zod';
import { CocoAnnotations } from './coco-annotations.js';
import { type ListReader, readCocoLists } from './coco-lists.js';
import {
  cocoAnnotation,
  cocoAnnotationPlace,
  cocoCategory,
  cocoImage,
  cocoInstancesFile,
  isPlainAnnotation,
  isPlainImage,
} from './coco-schema.js';
import { FgamError } from './error.js';
import { idKey } from './id-key.js';
import { describeFaults, parseRecord } from './parse-record.js';
import { type Skip, SkipList } from './skips.js';

/** An image of an instances file. */
export type CocoImage = z.infer<typeof cocoImage>;

/** What an instances file holds, each record checked by itself. */
export interface CocoInstances {
  /** Names by category id. */
  readonly categories: ReadonlyMap<number, string>;
  /** By `idKey`, in file order. */
  readonly images: ReadonlyMap<number | string, CocoImage>;
  readonly annotations: CocoAnnotations;
  /** Faults of categories, then of images. Those of annotations are among `annotations`. */
  readonly skips: readonly Skip[];
}

/**
 * Reads an instances file of any size. Its lists may come in any order.
 *
 * @throws FgamError `data/bad-json`, `data/missing-file`; `data/bad-record` where the file is of another format;
 *   `data/empty` where it has no images
 */
export async function readCocoInstances(
  file: string,
  options: { readonly masks: boolean; readonly signal?: AbortSignal | undefined },
): Promise<CocoInstances> {
  const categories = new Map<number, string>();
  const categorySkips: Skip[] = [];
  const images = new Map<number | string, CocoImage>();
  const imageSkips: Skip[] = [];
  let imageCount = 0;
  let annotations = new CocoAnnotations(options);
  const parse = <Schema extends z.ZodType>(schema: Schema, raw: unknown, what: string, faults: Skip[]) => {
    const skips = new SkipList('readCoco');
    const record = parseRecord(schema, raw, { file, what, skips });
    faults.push(...skips.skips);
    return record;
  };
  const lists = new Map<string, ListReader>([
    [
      'categories',
      {
        begin: () => {
          categories.clear();
          categorySkips.length = 0;
        },
        take: (raw) => {
          const category = parse(cocoCategory, raw, 'category', categorySkips);
          if (!category) return;
          const { id, name } = category;
          if (!categories.has(id)) categories.set(id, name);
          else categorySkips.push(duplicate(file, id, 'a category'));
        },
      },
    ],
    [
      'images',
      {
        begin: () => {
          images.clear();
          imageSkips.length = 0;
          imageCount = 0;
        },
        take: (raw) => {
          imageCount++;
          const image = isPlainImage(raw) ? pick(raw) : parse(cocoImage, raw, 'image', imageSkips);
          if (!image) return;
          if (!images.has(idKey(image.id))) images.set(idKey(image.id), image);
          else imageSkips.push(duplicate(file, image.id, 'an image'));
        },
      },
    ],
    [
      'annotations',
      {
        begin: () => {
          annotations = new CocoAnnotations(options);
        },
        take: (raw) => {
          if (isPlainAnnotation(raw)) return annotations.add(raw);
          const faults: Skip[] = [];
          const annotation = parse(cocoAnnotation, raw, 'annotation', faults);
          if (annotation) annotations.add(annotation);
          for (const fault of faults) annotations.addFault(fault, cocoAnnotationPlace.safeParse(raw).data);
        },
      },
    ],
  ]);
  const form = cocoInstancesFile.safeParse(await readCocoLists(file, lists, options.signal));
  if (!form.success)
    throw new FgamError(
      'data/bad-record',
      `readCoco: expected lists of images, annotations and categories in ${file}, got: ${describeFaults(form.error)}`,
    );
  if (imageCount === 0)
    throw new FgamError('data/empty', `readCoco: expected images in ${file}, got none; check the file`);
  return { categories, images, annotations, skips: [...categorySkips, ...imageSkips] };
}

function duplicate(file: string, id: number | string, what: string): Skip {
  return { file, id: String(id), reason: 'duplicate-id', detail: `${what} of this id exists` };
}

/** Without what else COCO says of an image (its licence, addresses), which takes more memory. */
function pick({ id, file_name, width, height }: CocoImage): CocoImage {
  return { id, file_name, width, height };
}
