import { FgamError } from './error.js';

/** As many pixels as 12 photos of 8 megapixels: more than any photo of the public sets, and 300 MB decoded. */
export const DEFAULT_MAX_PIXELS = 100_000_000;

let maxPixels = DEFAULT_MAX_PIXELS;

/**
 * Most pixels that an image may have to be opened, and what is made of it on the way to a model.
 *
 * @example
 * ```ts
 * import { limitImagePixels, maxImagePixels } from '@fgam/data';
 * limitImagePixels(1000);
 * if (maxImagePixels() !== 1000) throw new Error(`${maxImagePixels()}`);
 * limitImagePixels();
 * ```
 */
export function maxImagePixels(): number {
  return maxPixels;
}

/**
 * Sets the most pixels that an image may have, for all that this package opens in the process: a file of some
 * kilobytes can hold an image of gigabytes. Larger ones are refused by their headers (`data/bad-image`),
 * before anything is decoded. Default 100 million.
 *
 * @throws FgamError `data/bad-config` for what is no whole number from 1
 * @example
 * ```ts
 * import { limitImagePixels, readImageSize } from '@fgam/data';
 * import sharp from 'sharp';
 * const png = await sharp({ create: { width: 40, height: 30, channels: 3, background: '#fff' } }).png().toBuffer();
 * limitImagePixels(1000);
 * const refused = await readImageSize(png).then(() => false, () => true);
 * limitImagePixels();
 * if (!refused) throw new Error('expected an image of 1,200 pixels to be refused');
 * ```
 */
export function limitImagePixels(most = DEFAULT_MAX_PIXELS): void {
  if (!Number.isSafeInteger(most) || most < 1)
    throw new FgamError('data/bad-config', `limitImagePixels: expected a whole number from 1, got ${most}`);
  maxPixels = most;
}
