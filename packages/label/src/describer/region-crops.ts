import { type BoxUnit, type ImageSize, type ImageSource, resample } from '@fgam/data';
import sharp from 'sharp';
import { openRegionPixels, orBadImage } from '../region-pixels.js';

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
 * Opens a photo: its bytes are read and hashed now, and decoded once, when the first crop is asked
 * for (`openRegionPixels`).
 *
 * @throws FgamError `label/bad-image`, from `dataUrl` too
 */
export async function openRegionCrops(image: ImageSource, maxSide: number): Promise<RegionCrops> {
  const { sha256, crop } = await openRegionPixels(image);
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
      const region = await crop(box, MARGIN);
      const { data, ...raw } = resample(region, { ...fitted(region, maxSide), filter: FILTER });
      const jpeg = await orBadImage(image, () =>
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
