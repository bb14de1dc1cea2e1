import { FgamError } from './error.js';
import { float32Input, type Float32Input } from './host-array.js';

/**
 * Puts decoded images into one batch: `x / 127.5 - 1`.
 *
 * @param images - uint8 `[S, S, 3]` each, as `loadPixels` returns them
 * @returns float32 `[B, S, S, 3]`, -1..1
 * @throws FgamError `data/bad-image` where an image is not square or not of the first one's size
 * @example
 * ```ts
 * import { collatePixels } from '@fgam/data';
 * // Two images of one pixel: magenta and black. 255 becomes 1, 0 becomes -1.
 * const batch = collatePixels([new Uint8Array([255, 0, 255]), new Uint8Array([0, 0, 0])]);
 * if (batch.shape.join() !== '2,1,1,3') throw new Error(batch.shape.join());
 * if (batch.data.join() !== '1,-1,1,-1,-1,-1') throw new Error(batch.data.join());
 * ```
 */
export function collatePixels(images: readonly Uint8Array[]): Float32Input {
  const length = images[0]?.length ?? 0;
  const side = Math.round(Math.sqrt(length / 3));
  if (side * side * 3 !== length)
    throw new FgamError(
      'data/bad-image',
      `collatePixels: expected S * S * 3 bytes, got ${length}; use loadPixels`,
    );
  const batch = float32Input([images.length, side, side, 3]);
  images.forEach((image, row) => {
    if (image.length !== length)
      throw new FgamError(
        'data/bad-image',
        `collatePixels: expected ${length} bytes as in image 0, got ${image.length} in image ${row}; load all at one size`,
      );
    const start = row * length;
    for (let i = 0; i < length; i++) batch.data[start + i] = (image[i] as number) / 127.5 - 1;
  });
  return batch;
}
