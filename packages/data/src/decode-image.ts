import sharp, { type Metadata, type Sharp } from 'sharp';
import { badImage, readImageBytes } from './image-bytes.js';
import { maxImagePixels } from './image-limit.js';
import { type JpegHeader, jpegHeader } from './jpeg-header.js';
import type { RgbImage } from './pixel-image.js';
import type { ImageSource } from './records.js';
import { isSrgbProfile } from './srgb-profile.js';
import { type TurboJpeg, turboJpeg } from './turbo-jpeg.js';

/** Options of `decodeImage`. */
export interface DecodeImageOptions {
  /** Larger images are refused by their headers. Default: what `limitImagePixels` says. */
  readonly maxPixels?: number;
  /** Transparent images are laid on white (default), or their alpha is dropped, as Pillow's `convert('RGB')` does. */
  readonly alpha?: 'white' | 'drop';
}

/**
 * Opens an image as it is shown: EXIF orientation applied, alpha laid on white or dropped, the first frame
 * alone; grey, CMYK, 16 bits and other colour profiles become 8 bits of sRGB. What is truncated or larger
 * than `maxPixels` fails when it is read.
 */
export function openImage(
  bytes: Uint8Array,
  options: DecodeImageOptions & { readonly ignoreIcc?: boolean } = {},
): Sharp {
  const upright = sharp(bytes, {
    failOn: 'error',
    sequentialRead: true,
    limitInputPixels: options.maxPixels ?? maxImagePixels(),
    ignoreIcc: options.ignoreIcc ?? false,
  }).autoOrient();
  return (options.alpha === 'drop' ? upright.removeAlpha() : upright.flatten({ background: '#ffffff' }))
    .toColourspace('srgb')
    .raw({ depth: 'uchar' });
}

/**
 * Decodes an image at its size: RGB of 8 bits, whatever it holds.
 *
 * EXIF orientation is applied, alpha is laid on white (or dropped, by `alpha`), of an animation the first
 * frame is taken; grey, CMYK, 16 bits and other colour profiles become sRGB (a departure from Pillow's
 * `convert('RGB')`, which ignores profiles and orientation, and drops alpha).
 *
 * @param image - path or encoded bytes
 * @returns uint8 `[height, width, 3]`, 0..255
 * @throws FgamError `data/bad-image` where the image is truncated, too large or no image;
 * `data/missing-file` where there is none
 * @example
 * ```ts
 * import { decodeImage } from '@fgam/data';
 * import sharp from 'sharp';
 * const png = await sharp({ create: { width: 2, height: 1, channels: 3, background: '#f00' } }).png().toBuffer();
 * const { data, width, height } = await decodeImage(png);
 * if (width !== 2 || height !== 1 || data.join() !== '255,0,0,255,0,0') throw new Error(data.join());
 * ```
 */
export async function decodeImage(image: ImageSource, options: DecodeImageOptions = {}): Promise<RgbImage> {
  const bytes = await readImageBytes('decodeImage', image);
  return decodeBytes(bytes, await turboJpeg(), options).catch((error: unknown) => {
    throw badImage('decodeImage', image, error);
  });
}

/**
 * `decodeImage` of encoded bytes; fails by the decoder's own errors. JPEGs of the usual kind are read by
 * `turbo`, to the same bits.
 */
export async function decodeBytes(
  bytes: Uint8Array,
  turbo: TurboJpeg | undefined,
  options: DecodeImageOptions = {},
): Promise<RgbImage> {
  const header = turbo && smallHeader(bytes, options);
  const { icc, orientation = 1 }: Pick<Metadata, 'icc' | 'orientation'> = header?.isBare
    ? {}
    : await openImage(bytes, options).metadata();
  // From sRGB to sRGB: longer than decoding takes, and no value changes by more than 1.
  const ignoreIcc = icc !== undefined && isSrgbProfile(icc);
  if (header && orientation === 1 && (ignoreIcc || icc === undefined)) {
    const data = await turbo?.decode(bytes, header);
    if (data) return { data, width: header.width, height: header.height, channels: 3 };
  }
  const { data, info } = await openImage(bytes, { ...options, ignoreIcc }).toBuffer({
    resolveWithObject: true,
  });
  const { width, height, channels } = info;
  if (channels !== 3) throw new Error(`decoded to ${channels} channels instead of 3`);
  return { data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength), width, height, channels };
}

/** The header of a JPEG of the usual kind that is no larger than allowed. */
function smallHeader(bytes: Uint8Array, options: DecodeImageOptions): JpegHeader | undefined {
  const header = jpegHeader(bytes);
  const most = options.maxPixels ?? maxImagePixels();
  return header && header.width * header.height <= most ? header : undefined;
}
