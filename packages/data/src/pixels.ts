import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { FgamError } from './error.js';
import { maxImagePixels } from './image-limit.js';
import { decodePlainPng } from './plain-png.js';
import type { ImageSize, ImageSource } from './records.js';

/** How an image is named in an error: its path, or its length where it has none. */
function nameOf(image: ImageSource): string {
  return typeof image === 'string' ? image : `${image.byteLength} bytes of image data`;
}

function badImage(fn: string, image: ImageSource, error: unknown): FgamError {
  // Not by the decoder's word: libvips has one error buffer for all threads, so that a missing file is now and then
  // called one of an unsupported format (1 of 3,000 beside other work).
  const missing = typeof image === 'string' && !existsSync(image);
  const said = error instanceof Error ? error.message : String(error);
  return missing
    ? new FgamError(
        'data/missing-file',
        `${fn}: expected an image at ${nameOf(image)}, found none; check the folder`,
        {
          cause: error,
        },
      )
    : new FgamError(
        'data/bad-image',
        `${fn}: expected a whole image (PNG, JPEG, WebP...), got ${nameOf(image)}: ${said}; fetch or write it again`,
        { cause: error },
      );
}

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
  try {
    const bytes = typeof image === 'string' ? await readFile(image) : image;
    const plain = decodePlainPng(bytes, size);
    if (plain) return plain;
    const { data, info } = await sharp(bytes, {
      failOn: 'error',
      sequentialRead: true,
      limitInputPixels: maxImagePixels(),
    })
      .autoOrient()
      .flatten({ background: '#ffffff' })
      .resize(size, size, { fit: 'fill' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
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
