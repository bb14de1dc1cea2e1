import { FgamError } from './error.js';
import { checkPixelImage, type PixelImage } from './pixel-image.js';
import type { BoxPixels } from './records.js';

/**
 * Cuts a part out of a decoded image.
 *
 * @param image - uint8 `[height, width, channels]`
 * @param box - whole pixels
 * @returns a copy, uint8 `[box.height, box.width, channels]`
 * @throws FgamError `data/bad-box` for a box that is empty, not of whole pixels or reaches beyond
 * the image; `data/bad-image`
 * @example
 * ```ts
 * import { cropImage } from '@fgam/data';
 * const image = { data: Uint8Array.of(1, 2, 3, 4, 5, 6), width: 3, height: 2, channels: 1 };
 * const { data } = cropImage(image, { x: 1, y: 0, width: 2, height: 2 });
 * if (data.join() !== '2,3,5,6') throw new Error(data.join());
 * ```
 */
export function cropImage<Image extends PixelImage>(image: Image, box: BoxPixels): Image {
  checkPixelImage('cropImage', image);
  const { x, y, width, height } = box;
  const whole = [x, y, width, height].every(Number.isSafeInteger) && width >= 1 && height >= 1;
  if (!whole || x < 0 || y < 0 || x + width > image.width || y + height > image.height)
    throw new FgamError(
      'data/bad-box',
      `cropImage: expected whole pixels inside of ${image.width} x ${image.height}, got x ${x}, y ${y}, ${width} x ${height}`,
    );
  const stride = image.width * image.channels;
  const length = width * image.channels;
  const data = new Uint8Array(length * height);
  let from = y * stride + x * image.channels;
  for (let to = 0; to < data.length; to += length) {
    data.set(image.data.subarray(from, from + length), to);
    from += stride;
  }
  return { ...image, data, width, height };
}
