import type { ImageSize } from '@fgam/data';

/** Sides to which an image is resized: the shorter to `shortestEdge`, unless the longer would pass `longestEdge`. */
export interface EdgeLimits {
  readonly shortestEdge: number;
  readonly longestEdge: number;
}

/**
 * The size to which Grounding DINO resizes an image, its shape kept.
 *
 * With short and long side `s <= l`: `s' = shortestEdge`, or `round(r)`, `r = longestEdge s / l`,
 * where `l / s shortestEdge > longestEdge`; the other side is `floor(s' l / s)`, or
 * `floor(r l / s)`; an image whose `s` is `s'` stays as it is. Rounds half to even, as Python does,
 * so that sizes are those of `get_size_with_aspect_ratio` of transformers, whose rounding this
 * follows to the pixel; a side is never below 1.
 *
 * @param size - the image's size in pixels, as shown
 * @returns size in pixels
 */
export function resizedSize(size: ImageSize, { shortestEdge, longestEdge }: EdgeLimits): ImageSize {
  const { width, height } = size;
  const short = Math.min(width, height);
  const long = Math.max(width, height);
  const limited = (long / short) * shortestEdge > longestEdge ? (longestEdge * short) / long : undefined;
  const rounded = limited === undefined ? shortestEdge : roundHalfToEven(limited);
  if (short === rounded) return { width, height };
  const edge = Math.max(1, rounded);
  const other = Math.max(1, Math.floor(((limited ?? edge) * long) / short));
  return width < height ? { width: edge, height: other } : { width: other, height: edge };
}

/**
 * The largest size of an image's shape that fits into a frame, in pixels: for models of a fixed input size.
 *
 * @param size - the image's size in pixels, as shown
 */
export function fittedSize(size: ImageSize, frame: ImageSize): ImageSize {
  const scale = Math.min(frame.width / size.width, frame.height / size.height);
  const side = (length: number, most: number) => Math.min(most, Math.max(1, Math.round(length * scale)));
  return { width: side(size.width, frame.width), height: side(size.height, frame.height) };
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest === 0.5) return floor % 2 === 0 ? floor : floor + 1;
  return Math.round(value);
}
