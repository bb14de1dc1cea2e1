import sharp from 'sharp';
import { FgamError } from './error.js';
import { checkPixelImage, type RgbImage } from './pixel-image.js';
import { turboJpeg } from './turbo-jpeg.js';

/** Options of `encodeJpeg`. */
export interface EncodeJpegOptions {
  /** 1 to 100, libjpeg's. */
  readonly quality: number;
}

/**
 * Writes an image as a baseline JPEG: colours at half the resolution (4:2:0), the standard's
 * Huffman tables, no metadata.
 *
 * The file is the same to the byte whether libjpeg-turbo is installed or sharp writes it
 * (`docs/decisions/0018`); its pixels are those of Pillow's `save` at this quality.
 *
 * @param image - uint8 `[height, width, 3]`, RGB
 * @throws FgamError `data/bad-image` for bytes that do not fit the sizes, or sides that JPEG has no room for;
 * `data/bad-config` for another quality
 * @example
 * ```ts
 * import { decodeImage, encodeJpeg } from '@fgam/data';
 * const image = { data: new Uint8Array(16 * 8 * 3).fill(200), width: 16, height: 8, channels: 3 } as const;
 * const { width, data } = await decodeImage(await encodeJpeg(image, { quality: 90 }));
 * if (width !== 16 || data[0] !== 200) throw new Error(`${width}, ${data[0]}`);
 * ```
 */
export async function encodeJpeg(image: RgbImage, { quality }: EncodeJpegOptions): Promise<Uint8Array> {
  checkPixelImage('encodeJpeg', image);
  if (!Number.isInteger(quality) || quality < 1 || quality > 100)
    throw new FgamError(
      'data/bad-config',
      `encodeJpeg: expected quality to be a whole number from 1 to 100, got ${quality}`,
    );
  return (await turboJpeg())?.encode(image, quality) ?? encodeBySharp(image, quality);
}

/** `encodeJpeg` without another library. */
export async function encodeBySharp({ data, ...raw }: RgbImage, quality: number): Promise<Uint8Array> {
  try {
    const jpeg = sharp(data, { raw }).jpeg({ quality, optimiseCoding: false, chromaSubsampling: '4:2:0' });
    return new Uint8Array(await jpeg.toBuffer());
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new FgamError('data/bad-image', `encodeJpeg: no JPEG of ${raw.width} x ${raw.height}: ${said}`, {
      cause,
    });
  }
}
