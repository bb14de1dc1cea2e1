import type { z } from 'zod';
import { FgamError } from './error.js';
import { findImageFault } from './image-file.js';
import { filesInside } from './inside-folder.js';
import { readJsonArray } from './json-array.js';
import { mapBounded } from './map-bounded.js';
import { parseRecord } from './parse-record.js';
import type { ImageSize } from './records.js';
import type { SkipList } from './skips.js';
import type { ReadVisualGenomeOptions } from './stream-visual-genome.js';
import { findVisualGenomeImage } from './visual-genome-image.js';
import { imageIdOf, vgImage } from './visual-genome-schema.js';

/** An image that is used. */
export interface VisualGenomePicture {
  readonly id: number;
  readonly size: ImageSize;
  readonly path: string;
}

/** What `image_data.json` holds. */
export interface VisualGenomeImages {
  /** Those whose files are as annotated, in the file's order. */
  readonly pictures: readonly VisualGenomePicture[];
  /** Ids of all, those that were left out too. */
  readonly known: ReadonlySet<number>;
}

/**
 * Reads `image_data.json` and looks at the photos.
 *
 * @throws FgamError `data/bad-json`, `data/missing-file`; `data/path-escape`; `data/empty` where no image is left
 */
export async function readVisualGenomeImages(
  options: ReadVisualGenomeOptions,
  skips: SkipList,
): Promise<VisualGenomeImages> {
  const file = options.imageData;
  const images = new Map<number, Pick<z.infer<typeof vgImage>, 'url' | 'width' | 'height'>>();
  for await (const raw of readJsonArray(file)) {
    const image = parseRecord(vgImage, raw, { file, what: 'image', skips });
    const id = image && imageIdOf(image);
    if (!image) continue;
    if (id === undefined) skips.add(file, '?', 'bad-record', 'image: neither image_id nor id');
    else if (images.has(id)) skips.add(file, id, 'duplicate-id', 'an image of this id exists');
    else images.set(id, image);
  }
  const find = filesInside(options.images);
  let done = 0;
  const checked = await mapBounded([...images], 8, async ([id, { url, width, height }]) => {
    options.signal?.throwIfAborted();
    const size = { width, height };
    const path = await findVisualGenomeImage(find, id, url);
    const fault = await findImageFault(path, size, options.check ?? 'decode');
    options.onProgress?.(++done, images.size);
    return { id, size, path, fault };
  });
  const pictures: VisualGenomePicture[] = [];
  for (const { id, size, path, fault } of checked) {
    if (fault) skips.add(file, id, fault.reason, fault.detail);
    else pictures.push({ id, size, path });
  }
  if (pictures.length === 0)
    throw new FgamError(
      'data/empty',
      `readVisualGenome: expected usable images in ${options.images}, got none of ${images.size} in ${file}` +
        (skips.skips[0] ? `; the first fault: ${skips.skips[0].detail}` : ''),
    );
  return { pictures, known: new Set(images.keys()) };
}
