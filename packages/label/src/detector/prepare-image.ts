import { readFile } from 'node:fs/promises';
import type { ImageSize, ImageSource } from '@fgam/data';
import sharp from 'sharp';
import { labelError } from '../error.js';
import { type PlainImage, resizeTriangle } from './resize-triangle.js';

/** How pixel values become a model's input: `(value * rescaleFactor - mean) / std` for each channel. */
export interface PixelScale {
  readonly rescaleFactor: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** One image as a model takes it: float32 `[3, height, width]`, RGB planes. */
export interface PreparedImage extends ImageSize {
  readonly data: Float32Array;
}

/**
 * Decodes an image, resizes it (`resizeTriangle`) and normalises it.
 *
 * EXIF orientation is applied, alpha is laid on white; grey, CMYK, 16 bits and other colour profiles become 8 bits of sRGB (a
 * departure from transformers, which ignores profiles and drops alpha).
 *
 * @param image - path or encoded bytes
 * @param options - `sizeOf`: size to resize to, of the size as shown, pixels; `scale`; `maxPixels`: larger images are refused
 * @returns float32 `[3, height, width]`, by `scale`
 * @throws FgamError `label/missing-file` where there is no file, `label/bad-image` where it is truncated, too large or no image
 */
export async function prepareImage(
  image: ImageSource,
  options: {
    readonly sizeOf: (size: ImageSize) => ImageSize;
    readonly scale: PixelScale;
    readonly maxPixels: number;
  },
): Promise<PreparedImage> {
  const decoded = await decode(image, options.maxPixels).catch((error: unknown) => {
    throw badImage(image, error);
  });
  const shown = { width: decoded.width, height: decoded.height };
  const { data, width, height } = resizeTriangle(decoded, options.sizeOf(shown));
  const { rescaleFactor, mean, std } = options.scale;
  const planes = new Float32Array(3 * width * height);
  for (let channel = 0; channel < 3; channel++) {
    const table = Float32Array.from(
      { length: 256 },
      (_, value) => (value * rescaleFactor - (mean[channel] ?? 0)) / (std[channel] ?? 1),
    );
    const plane = planes.subarray(channel * width * height, (channel + 1) * width * height);
    for (let i = 0; i < plane.length; i++) plane[i] = table[data[3 * i + channel] ?? 0] ?? 0;
  }
  return { data: planes, width, height };
}

async function decode(image: ImageSource, maxPixels: number): Promise<PlainImage> {
  const bytes = typeof image === 'string' ? await readFile(image) : image;
  const { data, info } = await sharp(bytes, { failOn: 'error', limitInputPixels: maxPixels })
    .autoOrient()
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new Error(`decoded to ${info.channels} channels instead of 3`);
  return { data, width: info.width, height: info.height };
}

function badImage(image: ImageSource, cause: unknown): Error {
  const name = typeof image === 'string' ? image : `${image.byteLength} bytes of image data`;
  if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')
    return labelError(
      'label/missing-file',
      `prepareImage: expected an image at ${name}, found none; check the folder`,
      { cause },
    );
  const said = cause instanceof Error ? cause.message : String(cause);
  return labelError(
    'label/bad-image',
    `prepareImage: expected a whole image (PNG, JPEG, WebP...) within the limit of pixels, got ${name}: ${said}; fetch or write it again`,
    { cause },
  );
}
