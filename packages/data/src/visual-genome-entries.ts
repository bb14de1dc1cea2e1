import type { z } from 'zod';
import { boxUnitFromPixels } from './box.js';
import { isFgamError } from './error.js';
import { readJsonArray } from './json-array.js';
import { parseRecord } from './parse-record.js';
import type { BoxPixels } from './records.js';
import type { SkipList } from './skips.js';
import { findTextFault } from './text-fault.js';
import type { VisualGenomeImages, VisualGenomePicture } from './visual-genome-images.js';
import { imageIdOf } from './visual-genome-schema.js';

/** Numbers of a row of regions or objects: id, x, y, width, height. */
export const NUMBERS_A_BOX = 5;

/** The ids of such rows. */
export function boxIdsOf(numbers: readonly number[]): number[] {
  return numbers.filter((_, index) => index % NUMBERS_A_BOX === 0);
}

/** What every reader of one of Visual Genome's files needs. */
export interface VisualGenomeContext {
  readonly images: VisualGenomeImages;
  readonly skips: SkipList;
  /** Pixels that a box may reach over the edge. */
  readonly tolerance: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/** A picture's entry of a file. */
export interface VisualGenomeEntry<Content> {
  /** Place of the picture in `images.pictures`. */
  readonly place: number;
  readonly picture: VisualGenomePicture;
  readonly content: Content;
}

/**
 * Streams a file that has an entry an image, whatever the order of its images. Entries of images that are not in
 * `image_data.json` are skipped; an image that was left out takes its entries with it.
 */
export async function* readVisualGenomeEntries<
  Schema extends z.ZodType<{ image_id?: number | undefined; id?: number | undefined }>,
>(
  file: string,
  schema: Schema,
  { images, skips, signal }: VisualGenomeContext,
): AsyncGenerator<VisualGenomeEntry<z.infer<Schema>>, void, undefined> {
  const places = new Map(images.pictures.map(({ id }, place) => [id, place]));
  for await (const raw of readJsonArray(file)) {
    signal?.throwIfAborted();
    const content = parseRecord(schema, raw, { file, what: 'image', skips });
    if (!content) continue;
    const id = imageIdOf(content);
    const place = id === undefined ? undefined : places.get(id);
    const picture = place === undefined ? undefined : images.pictures[place];
    if (place !== undefined && picture) yield { place, picture, content };
    else if (id === undefined || !images.known.has(id))
      skips.add(file, id ?? '?', 'unknown-image', `image_data has no image ${id ?? 'without an id'}`);
  }
}

/** Whether the box lies in its image; a skip if not. */
export function isBoxInside(
  box: BoxPixels,
  { size }: VisualGenomePicture,
  { skips, tolerance }: VisualGenomeContext,
  { file, id }: { readonly file: string; readonly id: number },
): boolean {
  try {
    boxUnitFromPixels(box, size, tolerance === undefined ? {} : { tolerance });
    return true;
  } catch (error) {
    if (!isFgamError(error) || error.code !== 'data/bad-box') throw error;
    skips.add(file, id, 'bad-box', error.message);
    return false;
  }
}

/** Whether it is a text; a skip if not. */
export function isText(
  text: string,
  what: string,
  skips: SkipList,
  { file, id }: { readonly file: string; readonly id: number },
): boolean {
  const fault = findTextFault(text);
  if (fault) skips.add(file, id, fault.reason, `${what}: ${fault.detail}`);
  return !fault;
}
