import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FgamError, isFgamError } from './error.js';
import { folderCaptions } from './folder-captions.js';
import type { ImageCheck } from './image-file.js';
import { IMAGE_EXTENSIONS, readImageHeader } from './image-header.js';
import { filesInside } from './inside-folder.js';
import { mapBounded } from './map-bounded.js';
import { namesBelow } from './names-below.js';
import { loadPixels } from './pixels.js';
import type { RegionSample } from './records.js';
import { refuseUrl } from './refuse-url.js';
import { type Skip, SkipList } from './skips.js';
import type { ReaderOptions } from './reader-options.js';

/** Options of `readImageFolder`. */
export interface ReadImageFolderOptions extends ReaderOptions {
  readonly folder: string;
  /** How images are looked at: `decode` (default) finds truncated ones, `header` reads their sizes alone. */
  readonly check?: Exclude<ImageCheck, 'none'>;
}

/** What `readImageFolder` found. */
export interface ImageFolderData {
  readonly samples: readonly RegionSample[];
  readonly skipped: readonly Skip[];
}

/** Images of formats that are not read. */
const OTHER_IMAGE = /\.(?:bmp|tiff?|hei[cf]|jxl|jp2|svg)$/i;

/**
 * Reads a folder of images (jpg, jpeg, png, webp, avif, the first frame of gif) and those in it,
 * as samples without regions. A sample's id is the file's path in the folder, with `/`; order is
 * that of the ids' code units.
 *
 * Captions are optional: `name.txt` beside `name.jpg`; or in any of the folders `captions.jsonl` or
 * `metadata.jsonl`, a line `{"file_name": ..., "text": ...}` (or `caption`) an image, named from that folder
 * on (Hugging Face's imagefolder). A line stands before a text file. Other files are passed over, and so are
 * names that begin with a dot. Links to folders are not followed.
 *
 * Left out, counted and listed: `bad-image` (truncated, no image, or one of another format, such as tiff);
 * images whose caption is empty (`no-text`) or not UTF-8 (`bad-text`); lines without a name or text
 * (`bad-record`), of a file that is missing (`missing-image`) or named before (`duplicate-id`).
 *
 * @throws FgamError `data/missing-file` where there is no such folder; `data/empty` where no image is left;
 * `data/path-escape` for links and names in captions that lead out of the folder; `data/bad-json`;
 * `data/too-many-skips`; `data/bad-config` for an address
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { readImageFolder } from '@fgam/data';
 * import sharp from 'sharp';
 * const folder = await mkdtemp(join(tmpdir(), 'images-'));
 * await sharp({ create: { width: 4, height: 2, channels: 3, background: '#f00' } }).png().toFile(join(folder, 'a.png'));
 * await writeFile(join(folder, 'a.txt'), 'a red field');
 * const { samples } = await readImageFolder({ folder });
 * if (samples[0]?.id !== 'a.png' || samples[0].caption !== 'a red field') throw new Error(JSON.stringify(samples));
 * ```
 */
export async function readImageFolder(options: ReadImageFolderOptions): Promise<ImageFolderData> {
  const { folder } = options;
  refuseUrl('readImageFolder', folder);
  const names = (await namesIn(folder)).sort();
  const images = names.filter(isImage);
  if (images.length === 0)
    throw new FgamError(
      'data/empty',
      `readImageFolder: expected images (${IMAGE_EXTENSIONS.join(', ')}) in ${folder}, found none; check the folder`,
    );
  const skips = new SkipList('readImageFolder', options.maxSkips);
  for (const name of names)
    if (OTHER_IMAGE.test(name))
      skips.add(folder, name, 'bad-image', `expected ${IMAGE_EXTENSIONS.join(', ')}: convert it first`);
  const find = filesInside(folder);
  const captions = await folderCaptions(folder, names, images, skips);
  let done = 0;
  const found = await mapBounded(
    images,
    8,
    async (id): Promise<RegionSample | Pick<Skip, 'reason' | 'detail'>> => {
      options.signal?.throwIfAborted();
      const { path } = await find(id);
      const caption = await captions(id);
      try {
        if (typeof caption === 'object') return caption;
        const { width, height } = await readImageHeader(path);
        if (options.check !== 'header') await loadPixels(path, 8);
        return { id, image: path, width, height, ...(caption === undefined ? {} : { caption }), regions: [] };
      } catch (error) {
        if (!isFgamError(error)) throw error;
        return { reason: 'bad-image', detail: error.message };
      } finally {
        options.onProgress?.(++done, images.length);
      }
    },
  );
  const samples: RegionSample[] = [];
  for (const [index, sample] of found.entries()) {
    if ('reason' in sample) skips.add(folder, images[index] ?? '', sample.reason, sample.detail);
    else samples.push(sample);
  }
  if (samples.length === 0)
    throw new FgamError(
      'data/empty',
      `readImageFolder: expected usable images in ${folder}, got none of ${images.length}; the first fault: ` +
        `${skips.skips[0]?.detail ?? 'none'}`,
    );
  return { samples, skipped: skips.skips };
}

function isImage(name: string): boolean {
  return IMAGE_EXTENSIONS.some((extension) => name.toLowerCase().endsWith(`.${extension}`));
}

function namesIn(folder: string): Promise<string[]> {
  return namesBelow(async (below) => {
    const path = join(folder, below);
    try {
      return await readdir(path, { withFileTypes: true });
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      throw new FgamError(
        'data/missing-file',
        `readImageFolder: expected a readable folder at ${path}, got: ${said}`,
        { cause: error },
      );
    }
  });
}
