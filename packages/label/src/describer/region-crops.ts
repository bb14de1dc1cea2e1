import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { BoxUnit, ImageSource } from '@fgam/data';
import sharp from 'sharp';
import { labelError } from '../error.js';

/** Share of a box's sides that is shown around it. */
const MARGIN = 0.1;
const JPEG_QUALITY = 85;

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
 * EXIF orientation is applied and alpha is laid on white, as in `loadPixels` of `@fgam/data`.
 *
 * @throws FgamError `label/bad-image`, from `dataUrl` too
 */
export async function openRegionCrops(image: ImageSource, maxSide: number): Promise<RegionCrops> {
  const bytes = await attempt(image, async () => (typeof image === 'string' ? readFile(image) : image));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const decode = () =>
    attempt(image, () =>
      sharp(bytes, { failOn: 'error' })
        .autoOrient()
        .flatten({ background: '#ffffff' })
        .toColourspace('srgb')
        .raw({ depth: 'uchar' })
        .toBuffer({ resolveWithObject: true }),
    );
  let decoded: ReturnType<typeof decode> | undefined;
  return {
    identity: ({ x0, y0, x1, y1 }) => ({ sha256, box: [x0, y0, x1, y1], maxSide, MARGIN, JPEG_QUALITY }),
    async dataUrl(box) {
      decoded ??= decode();
      const { data, info } = await decoded;
      const { width, height, channels } = info;
      const [left, right] = span(box.x0, box.x1, width);
      const [top, bottom] = span(box.y0, box.y1, height);
      const crop = await attempt(image, () =>
        sharp(data, { raw: { width, height, channels } })
          .extract({ left, top, width: right - left, height: bottom - top })
          .resize(maxSide, maxSide, { fit: 'inside', withoutEnlargement: true })
          .jpeg({ quality: JPEG_QUALITY })
          .toBuffer(),
      );
      return `data:image/jpeg;base64,${crop.toString('base64')}`;
    },
  };
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
    const said = error instanceof Error ? error.message : String(error);
    throw labelError(
      'label/bad-image',
      `openRegionCrops: expected a whole image (PNG, JPEG, WebP...), got ${name}: ${said}; fetch or write it again`,
      { cause: error },
    );
  }
}
