import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { decodeBytes } from './decode-image.js';
import { badImage, readImageBytes } from './image-bytes.js';
import { sha256 } from './sha256.js';
import { turboJpeg } from './turbo-jpeg.js';

/** Two halves of 64 bits, unsigned. */
export type Hash64 = readonly [high: number, low: number];

/** What tells images apart, from exact to alike. */
export interface ImageHash {
  /** SHA-256 of the file. */
  readonly file: string;
  /** SHA-256 of its size and pixels, as it is shown: another file of the same pixels has the same. */
  readonly pixels: string;
  /** Difference hash; undefined where the image hardly has any contrast, so that all such would be alike. */
  readonly difference?: Hash64;
}

/** Least span of the 72 grey values, 0..255, at which their order says something. */
const MIN_CONTRAST = 16;

/**
 * Hashes an image. Difference hash (dHash): the image in grey at 9 x 8; a bit says for each pixel but the
 * last of its row whether the next one is brighter, row by row, the first in the highest place.
 *
 * @throws FgamError `data/missing-file`, `data/bad-image`
 */
export async function hashImage(path: string): Promise<ImageHash> {
  const bytes = await readImageBytes('hashImage', path);
  const { data, ...raw } = await decodeBytes(bytes, await turboJpeg()).catch((error: unknown) => {
    throw badImage('hashImage', path, error);
  });
  const grey = await sharp(data, { raw })
    .greyscale()
    .resize(9, 8, { fit: 'fill' })
    .raw({ depth: 'uchar' })
    .toBuffer();
  const file = sha256(bytes);
  const pixels = createHash('sha256').update(`${raw.width} ${raw.height}\0`).update(data).digest('hex');
  if (Math.max(...grey) - Math.min(...grey) < MIN_CONTRAST) return { file, pixels };
  return { file, pixels, difference: differenceHash(grey) };
}

/** The difference hash of 72 grey values, 9 a row. */
export function differenceHash(grey: ArrayLike<number>): Hash64 {
  const halves: [number, number] = [0, 0];
  for (let bit = 0; bit < 64; bit++) {
    const at = Math.floor(bit / 8) * 9 + (bit % 8);
    const brighter = (grey[at + 1] ?? 0) > (grey[at] ?? 0);
    const half = bit < 32 ? 0 : 1;
    halves[half] = ((halves[half] << 1) | (brighter ? 1 : 0)) >>> 0;
  }
  return halves;
}
