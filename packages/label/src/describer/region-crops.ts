import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import {
  type BoxUnit,
  cropImage,
  decodeImage,
  type ImageSize,
  type ImageSource,
  isFgamError,
  resample,
  type RgbImage,
} from '@fgam/data';
import sharp from 'sharp';
import { labelError } from '../error.js';

/** Share of a box's sides that is shown around it. */
const MARGIN = 0.1;
const JPEG_QUALITY = 85;
const FILTER = 'lanczos';

/** A photo whose regions are cut out of one decoding. */
export interface RegionCrops {
  /** What a crop depends on, without decoding anything. */
  identity(box: BoxUnit): unknown;
  /** The region and a margin around it as a JPEG data URL, its longer side `maxSide` pixels at most. */
  dataUrl(box: BoxUnit): Promise<string>;
}

/**
 * Opens a photo: its bytes are read and hashed now, and decoded once, when the first crop is asked for.
 *
 * EXIF orientation is applied and alpha is laid on white (`decodeImage` of `@fgam/data`).
 *
 * @throws FgamError `label/bad-image`, from `dataUrl` too
 */
export async function openRegionCrops(image: ImageSource, maxSide: number): Promise<RegionCrops> {
  const bytes = await attempt(image, async () => (typeof image === 'string' ? readFile(image) : image));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const decode = () => attempt(image, () => decodeImage(bytes));
  let decoded: Promise<RgbImage> | undefined;
  return {
    identity: ({ x0, y0, x1, y1 }) => ({
      sha256,
      box: [x0, y0, x1, y1],
      maxSide,
      MARGIN,
      JPEG_QUALITY,
      FILTER,
    }),
    async dataUrl(box) {
      decoded ??= decode();
      const photo = await decoded;
      const [left, right] = span(box.x0, box.x1, photo.width);
      const [top, bottom] = span(box.y0, box.y1, photo.height);
      const region = cropImage(photo, { x: left, y: top, width: right - left, height: bottom - top });
      const { data, ...raw } = resample(region, { ...fitted(region, maxSide), filter: FILTER });
      const jpeg = await attempt(image, () =>
        sharp(data, { raw }).jpeg({ quality: JPEG_QUALITY }).toBuffer(),
      );
      return `data:image/jpeg;base64,${jpeg.toString('base64')}`;
    },
  };
}

/** The size whose longer side is `maxSide`, or the image's own where that is smaller. */
function fitted({ width, height }: ImageSize, maxSide: number): ImageSize {
  const scale = Math.min(1, maxSide / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** An interval of image fractions with its margin, in whole pixels: one at least, inside of the image. */
function span(from: number, to: number, size: number): [number, number] {
  const margin = (to - from) * MARGIN;
  const start = Math.min(size - 1, Math.max(0, Math.floor((from - margin) * size)));
  return [start, Math.max(start + 1, Math.min(size, Math.ceil((to + margin) * size)))];
}

async function attempt<T>(image: ImageSource, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const name = typeof image === 'string' ? image : `${image.byteLength} bytes of image data`;
    const cause = isFgamError(error) ? error.cause : error;
    const said = cause instanceof Error ? cause.message : String(cause);
    throw labelError(
      'label/bad-image',
      `openRegionCrops: expected a whole image (PNG, JPEG, WebP...), got ${name}: ${said}; fetch or write it again`,
      { cause: error },
    );
  }
}
