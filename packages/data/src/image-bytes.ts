import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { FgamError } from './error.js';
import type { ImageSource } from './records.js';

/** The encoded bytes of an image. @throws FgamError `data/missing-file` where its file cannot be read */
export async function readImageBytes(fn: string, image: ImageSource): Promise<Uint8Array> {
  if (typeof image !== 'string') return image;
  try {
    return await readFile(image);
  } catch (error) {
    throw badImage(fn, image, error);
  }
}

/** The error of an image that is missing (`data/missing-file`) or cannot be read (`data/bad-image`). */
export function badImage(fn: string, image: ImageSource, error: unknown): FgamError {
  const name = typeof image === 'string' ? image : `${image.byteLength} bytes of image data`;
  // Not by the decoder's word: libvips has one error buffer for all threads, so that a missing file is now and then
  // called one of an unsupported format (1 of 3,000 beside other work).
  const missing = typeof image === 'string' && !existsSync(image);
  const said = error instanceof Error ? error.message : String(error);
  return missing
    ? new FgamError(
        'data/missing-file',
        `${fn}: expected an image at ${name}, found none; check the folder`,
        { cause: error },
      )
    : new FgamError(
        'data/bad-image',
        `${fn}: expected a whole image (PNG, JPEG, WebP...), got ${name}: ${said}; fetch or write it again`,
        { cause: error },
      );
}
