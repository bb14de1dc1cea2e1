import sharp from 'sharp';
import { openImage } from './decode-image.js';
import { FgamError } from './error.js';
import { badImage, readImageBytes } from './image-bytes.js';
import { maxImagePixels } from './image-limit.js';
import { decodePlainPng } from './plain-png.js';
import type { ImageSize, ImageSource } from './records.js';

/**
 * Decodes an image and stretches it to `size` x `size` (no crop, so that boxes in image fractions stay true).
 *
 * EXIF orientation is applied, alpha is laid on white, grey and CMYK become sRGB.
 *
 * @param image - path or encoded bytes
 * @param size - side of the result in pixels
 * @returns uint8 `[size, size, 3]`, RGB, row by row, 0..255
 * @throws FgamError `data/bad-image` where the image is truncated or no image; `data/missing-file` where there is none
 * @example
 * ```ts
 * import { loadPixels } from '@fgam/data';
 * import sharp from 'sharp';
 * const png = await sharp({ create: { width: 4, height: 2, channels: 3, background: '#f00' } }).png().toBuffer();
 * const pixels = await loadPixels(png, 2);
 * if (pixels.join() !== '255,0,0,255,0,0,255,0,0,255,0,0') throw new Error(pixels.join());
 * ```
 */
export async function loadPixels(image: ImageSource, size: number): Promise<Uint8Array> {
  if (!Number.isInteger(size) || size < 1)
    throw new FgamError(
      'data/bad-config',
      `loadPixels: expected size to be a whole number >= 1, got ${size}`,
    );
  const bytes = await readImageBytes('loadPixels', image);
  try {
    const plain = decodePlainPng(bytes, size);
    if (plain) return plain;
    const { data, info } = await openImage(bytes)
      .resize(size, size, { fit: 'fill' })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`decoded to ${info.channels} channels instead of 3`);
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  } catch (error) {
    throw badImage('loadPixels', image, error);
  }
}

/**
 * Width and height of an image as it is shown (EXIF orientation applied), from its header alone.
 *
 * @throws FgamError `data/bad-image` or `data/missing-file`
 * @example
 * ```ts
 * import { readImageSize } from '@fgam/data';
 * import sharp from 'sharp';
 * const image = sharp({ create: { width: 4, height: 2, channels: 3, background: '#f00' } });
 * // Orientation 6: a viewer turns the picture by a quarter.
 * const turned = await image.withMetadata({ orientation: 6 }).jpeg().toBuffer();
 * const { width, height } = await readImageSize(turned);
 * if (width !== 2 || height !== 4) throw new Error(`${width} x ${height}`);
 * ```
 */
export async function readImageSize(image: ImageSource): Promise<ImageSize> {
  try {
    const { autoOrient } = await sharp(image, {
      failOn: 'error',
      limitInputPixels: maxImagePixels(),
    }).metadata();
    return { width: autoOrient.width, height: autoOrient.height };
  } catch (error) {
    throw badImage('readImageSize', image, error);
  }
}
