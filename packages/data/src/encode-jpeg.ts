import { FgamError } from './error.js';
import { MAX_IMAGE_SIDE } from './image-file.js';
import { jpegHeader } from './jpeg-header.js';
import { jpegScan } from './jpeg-scan.js';
import { checkPixelImage, type RgbImage } from './pixel-image.js';

/** Options of `encodeJpeg`. */
export interface EncodeJpegOptions {
  /** 1..100, as libjpeg counts it. Default 90. */
  readonly quality?: number;
}

/**
 * Writes an image as a baseline JPEG: colour at half the resolution (4:2:0) and the standard's Huffman tables, as Pillow does it.
 *
 * @param image - uint8 `[height, width, 3]`
 * @throws FgamError `data/bad-config` for another quality; `data/bad-image` where the bytes do not fit the sizes
 * @example
 * ```ts
 * import { decodeImage, encodeJpeg } from '@fgam/data';
 * const jpeg = encodeJpeg({ data: new Uint8Array(48).fill(255), width: 4, height: 4, channels: 3 });
 * const { data } = await decodeImage(jpeg);
 * if (data.some((value) => value < 254)) throw new Error(data.join());
 * ```
 */
export function encodeJpeg(image: RgbImage, { quality = 90 }: EncodeJpegOptions = {}): Uint8Array {
  checkPixelImage('encodeJpeg', image);
  if (!Number.isInteger(quality) || quality < 1 || quality > 100)
    throw new FgamError('data/bad-config', `encodeJpeg: expected a quality of 1..100, got ${quality}`);
  if (image.width > MAX_IMAGE_SIDE || image.height > MAX_IMAGE_SIDE)
    throw new FgamError(
      'data/bad-image',
      `encodeJpeg: expected sides of at most ${MAX_IMAGE_SIDE} pixels, got ${image.width} x ${image.height}`,
    );
  return Buffer.concat([jpegHeader(image, quality), ...jpegScan(image, quality)]);
}
