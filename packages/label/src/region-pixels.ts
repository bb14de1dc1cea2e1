import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import {
  type BoxUnit,
  cropImage,
  decodeImage,
  type ImageSource,
  isFgamError,
  type RgbImage,
} from '@fgam/data';
import { labelError } from './error.js';
import { messageOf } from './message-of.js';

/** A photo whose regions are cut out of one decoding. */
export interface RegionPixels {
  /** Of the photo's bytes. */
  readonly sha256: string;
  /** The pixels of a box and of a margin around it, a share of the box's sides; the whole photo without box. */
  readonly crop: (box?: BoxUnit, margin?: number) => Promise<RgbImage>;
}

/**
 * Opens a photo: its bytes are read and hashed now, and decoded once, when the first pixels are asked for.
 *
 * EXIF orientation is applied, alpha is laid on white, other colours become sRGB (`decodeImage` of
 * `@fgam/data`, with its limit of pixels).
 *
 * @throws FgamError `label/bad-image`, from `crop` too
 */
export async function openRegionPixels(image: ImageSource): Promise<RegionPixels> {
  const bytes = await orBadImage(image, async () => (typeof image === 'string' ? readFile(image) : image));
  let decoded: Promise<RgbImage> | undefined;
  return {
    sha256: createHash('sha256').update(bytes).digest('hex'),
    async crop(box = { x0: 0, y0: 0, x1: 1, y1: 1 }, margin = 0) {
      decoded ??= orBadImage(image, () => decodeImage(bytes));
      const photo = await decoded;
      const [left, right] = span(box.x0, box.x1, margin, photo.width);
      const [top, bottom] = span(box.y0, box.y1, margin, photo.height);
      return cropImage(photo, { x: left, y: top, width: right - left, height: bottom - top });
    },
  };
}

/** An edge so near to a whole pixel is there: 0.07 of 100 pixels is 7.000000000000001. */
const WHOLE = 1e-6;

/** An interval of image fractions with its margin, in whole pixels: one at least, inside of the image. */
function span(from: number, to: number, margin: number, size: number): [number, number] {
  const more = (to - from) * margin;
  const start = Math.min(size - 1, Math.max(0, Math.floor((from - more) * size + WHOLE)));
  return [start, Math.max(start + 1, Math.min(size, Math.ceil((to + more) * size - WHOLE)))];
}

/** What `work` gives; a failure of it is the image's. @throws FgamError `label/bad-image` */
export async function orBadImage<T>(image: ImageSource, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const name = typeof image === 'string' ? image : `${image.byteLength} bytes of image data`;
    const said = messageOf(isFgamError(error) ? error.cause : error);
    throw labelError(
      'label/bad-image',
      `openRegionPixels: expected a whole image (PNG, JPEG, WebP...), got ${name}: ${said}; fetch or write it again`,
      { cause: error },
    );
  }
}
