import { readFile } from 'node:fs/promises';
import type { ImageSize, ImageSource } from '@fgam/data';
import sharp from 'sharp';
import { labelError } from '../error.js';

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
 * Decodes an image, resizes it (triangle filter, as Pillow's bilinear one, no shrinking on load) and normalises it.
 *
 * EXIF orientation is applied, alpha is laid on white, grey, CMYK and 16 bits become 8 bits of sRGB.
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
  const { data, width, height } = await decode(image, options.sizeOf, options.maxPixels).catch(
    (error: unknown) => {
      throw badImage(image, error);
    },
  );
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

async function decode(
  image: ImageSource,
  sizeOf: (size: ImageSize) => ImageSize,
  maxPixels: number,
): Promise<ImageSize & { readonly data: Uint8Array }> {
  const bytes = typeof image === 'string' ? await readFile(image) : image;
  const source = sharp(bytes, { failOn: 'error', limitInputPixels: maxPixels });
  const { autoOrient } = await source.metadata();
  const { width, height } = sizeOf({ width: autoOrient.width, height: autoOrient.height });
  const { data, info } = await source
    .autoOrient()
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .resize(width, height, { fit: 'fill', kernel: 'linear', fastShrinkOnLoad: false })
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new Error(`decoded to ${info.channels} channels instead of 3`);
  return { data, width, height };
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
