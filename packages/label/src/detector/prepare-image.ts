import { decodeImage, type ImageSize, type ImageSource, isFgamError, resample } from '@fgam/data';
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
 * Decodes an image, resizes it (`resample`, bilinear, with which Grounding DINO's images are
 * prepared) and normalises it.
 *
 * EXIF orientation is applied, alpha is laid on white; grey, CMYK, 16 bits and other colour profiles become 8
 * bits of sRGB (a departure from transformers, which ignores profiles and drops alpha).
 *
 * @param image - path or encoded bytes
 * @param options - `sizeOf`: size to resize to, of the size as shown, pixels; `scale`; `maxPixels`:
 * larger images are refused
 * @returns float32 `[3, height, width]`, by `scale`
 * @throws FgamError `label/missing-file` where there is no file, `label/bad-image` where it is
 * truncated, too large or no image
 */
export async function prepareImage(
  image: ImageSource,
  options: {
    readonly sizeOf: (size: ImageSize) => ImageSize;
    readonly scale: PixelScale;
    readonly maxPixels: number;
  },
): Promise<PreparedImage> {
  const decoded = await decodeImage(image, { maxPixels: options.maxPixels }).catch((error: unknown) => {
    throw badImage(error);
  });
  const size = options.sizeOf({ width: decoded.width, height: decoded.height });
  const { data, width, height } = resample(decoded, { ...size, filter: 'bilinear' });
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

function badImage(cause: unknown): unknown {
  if (!isFgamError(cause)) return cause;
  const code = cause.code === 'data/missing-file' ? 'label/missing-file' : 'label/bad-image';
  return labelError(code, cause.message.replace(/^decodeImage/, 'prepareImage'), { cause });
}
