import { FgamError } from './error.js';
import { checkPixelImage, type PixelImage } from './pixel-image.js';
import type { BoxPixels, ImageSize } from './records.js';
import { resampleNearest } from './resample-nearest.js';
import { keptTaps } from './kept-taps.js';
import { resamplePlainly } from './resample-plainly.js';
import { resampleBySimd } from './resample-simd.js';
import { RESAMPLE_FILTERS, type ResampleFilter, type Taps } from './resample-taps.js';

/** Options of `resample`. */
export interface ResampleOptions extends ImageSize {
  readonly filter: ResampleFilter;
  /** The part of the source that is shown, in its pixels, not necessarily whole ones. Default: all of it. */
  readonly box?: BoxPixels;
}

/** How many times as tall as wide an image is where Pillow makes it lower first. */
const MUCH_TALLER = 100;

/**
 * Resizes an image, to the bit as Pillow's `Image.resize((width, height), filter, box)` of images without alpha.
 *
 * Along x first, then along y (the other way round for an image more than 100 times as tall as wide that
 * becomes lower): each pixel is a weighted sum of those around it (`tapsOf`), with weights of 22 bits after
 * the point, rounded to 8 bits and clipped to 0..255 after each direction. `nearest` takes the pixel under
 * the new one's centre. As in Pillow, filters reach beyond `box`, but not beyond the image: cut first
 * (`cropImage`) where what is around must not show. Channels are resized on their own: alpha is not
 * multiplied in, as Pillow does it for `RGBA`.
 *
 * Source: Pillow 12.3, `Resample.c`, `Geometry.c` (`ImagingScaleAffine` for `nearest`) and `Image.py` (tall images).
 *
 * @param image - uint8 `[height, width, channels]`
 * @param options - the new size in pixels, `filter`, `box`
 * @returns a new image, uint8 `[height, width, channels]`
 * @throws FgamError `data/bad-image` where the bytes do not fit the sizes; `data/bad-config` for a size that
 * is no whole number from 1, another filter, a box that is empty or reaches beyond the image
 * @example
 * ```ts
 * import { resample } from '@fgam/data';
 * const image = { data: Uint8Array.of(0, 0, 0, 255, 255, 255), width: 2, height: 1, channels: 3 };
 * const { data } = resample(image, { width: 4, height: 1, filter: 'bilinear' });
 * if (data.join() !== '0,0,0,64,64,64,191,191,191,255,255,255') throw new Error(data.join());
 * ```
 */
export function resample<Image extends PixelImage>(image: Image, options: ResampleOptions): Image {
  checkPixelImage('resample', image);
  const { height, filter } = options;
  const edges = checkedBox(image, options);
  if (image.height <= MUCH_TALLER * image.width || height >= image.height)
    return resize(image, options, edges);
  const [left, top, right, bottom] = edges;
  const low = resize(image, { width: image.width, height, filter }, [0, top, image.width, bottom]);
  return resize(low, options, [left, 0, right, height]);
}

/** Along x, then along y. */
function resize<Image extends PixelImage>(image: Image, options: ResampleOptions, edges: Edges): Image {
  const { width, height, filter } = options;
  const [left, top, right, bottom] = edges;
  const sameColumns = width === image.width && left === 0 && right === width;
  const sameRows = height === image.height && top === 0 && bottom === height;
  if (sameColumns && sameRows) return { ...image, data: image.data.slice() };
  if (filter === 'nearest') return { ...image, ...resampleNearest(image, options, edges) };
  const down = sameRows ? undefined : keptTaps(filter, image.height, [top, bottom], height);
  const rows = down ? rowsRead(down) : ([0, image.height] as const);
  const across = sameColumns ? undefined : keptTaps(filter, image.width, [left, right], width);
  const data = resampleBySimd(image, across, down, rows) ?? resamplePlainly(image, across, down, rows);
  return { ...image, data, width, height };
}

/** The first row that is read and how many. */
function rowsRead({ firsts, counts }: Taps): [number, number] {
  const last = firsts.length - 1;
  const first = firsts[0] as number;
  return [first, (firsts[last] as number) + (counts[last] as number) - first];
}

type Edges = readonly [left: number, top: number, right: number, bottom: number];

/** Left, top, right and bottom, rounded to 32 bits as Pillow takes them. */
function checkedBox(image: ImageSize, { width, height, filter, box }: ResampleOptions): Edges {
  const fail = (expected: string): never => {
    throw new FgamError('data/bad-config', `resample: expected ${expected}`);
  };
  if (![width, height].every((size) => Number.isSafeInteger(size) && size >= 1))
    fail(`width and height to be whole numbers from 1, got ${width} x ${height}`);
  if (!RESAMPLE_FILTERS.has(filter))
    fail(`filter to be one of ${[...RESAMPLE_FILTERS].join(', ')}, got ${filter}`);
  if (!box) return [0, 0, image.width, image.height];
  const edges = [box.x, box.y, box.x + box.width, box.y + box.height].map(Math.fround) as unknown as Edges;
  const [left, top, right, bottom] = edges;
  const inside = left >= 0 && top >= 0 && right <= image.width && bottom <= image.height;
  if (!inside || !(right > left) || !(bottom > top))
    fail(
      `a box with area inside of ${image.width} x ${image.height}, got x ${box.x}, y ${box.y}, ${box.width} x ${box.height}`,
    );
  return edges;
}
