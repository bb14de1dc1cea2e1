import { FgamError } from './error.js';
import type { ImageSize } from './records.js';

/** A decoded image: uint8 `[height, width, channels]`, row by row, 0..255. */
export interface PixelImage extends ImageSize {
  readonly data: Uint8Array;
  readonly channels: number;
}

/** A decoded image in colour: uint8 `[height, width, 3]`, RGB, row by row, 0..255. */
export interface RgbImage extends PixelImage {
  readonly channels: 3;
}

/**
 * @throws FgamError `data/bad-image` where sizes are no whole numbers from 1, or the bytes
 * are not as many as they say
 */
export function checkPixelImage(fn: string, { data, width, height, channels }: PixelImage): void {
  const sizes = [width, height, channels];
  const length = width * height * channels;
  if (sizes.every((size) => Number.isSafeInteger(size) && size >= 1) && data.length === length) return;
  throw new FgamError(
    'data/bad-image',
    `${fn}: expected height x width x channels bytes, got ${data.length} for ${height} x ${width} x ${channels}`,
  );
}
