import { FgamError, type ImageSize } from '@fgam/data';

/** Limits of {@link smartResize}. */
export interface PixelLimits {
  /** Sides become multiples of it. */
  readonly factor: number;
  readonly minPixels: number;
  readonly maxPixels: number;
}

/**
 * Qwen2-VL's new size of an image: sides that are multiples of `factor`, an area between `minPixels` and
 * `maxPixels`, about the same shape. Sides are rounded as Python does it, halves to the even multiple.
 *
 * @throws FgamError `data/bad-image` for one side more than 200 times as long as the other
 */
export function smartResize({ width, height }: ImageSize, limits: PixelLimits): ImageSize {
  const { factor, minPixels, maxPixels } = limits;
  if (Math.max(width, height) / Math.min(width, height) > 200) {
    throw new FgamError(
      'data/bad-image',
      `smartResize: expected sides at most 200 times as long as each other, got ${width} x ${height}`,
    );
  }
  const scaled = (to: (side: number) => number): ImageSize => ({ width: to(width), height: to(height) });
  const size = scaled((side) => roundHalfEven(side / factor) * factor);
  const area = size.width * size.height;
  if (area > maxPixels) {
    const beta = Math.sqrt((height * width) / maxPixels);
    return scaled((side) => Math.max(factor, Math.floor(side / beta / factor) * factor));
  }
  if (area < minPixels) {
    const beta = Math.sqrt(minPixels / (height * width));
    return scaled((side) => Math.ceil((side * beta) / factor) * factor);
  }
  return size;
}

function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const isUp = x - floor === 0.5 ? floor % 2 === 1 : x - floor > 0.5;
  return isUp ? floor + 1 : floor;
}
