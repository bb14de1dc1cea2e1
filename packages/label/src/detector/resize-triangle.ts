import type { ImageSize } from '@fgam/data';

/** Bits after the point of a weight, as in Pillow: 255 times 1 fits into 32 bits with two to spare. */
const PRECISION = 22;
const HALF = 2 ** (PRECISION - 1);
const CHANNELS = 3;

/** An image of 8 bits: uint8 `[height, width, 3]`, row by row. */
export interface PlainImage extends ImageSize {
  readonly data: Uint8Array;
}

/**
 * Resizes by a triangle filter, to the bit as Pillow's `Image.resize(size, Image.BILINEAR)`, with which Grounding DINO's images are
 * prepared.
 *
 * Out of `n` pixels, pixel `i` of `m` is the mean of those around `c = (i + 1/2) n / m`, weighted by `max(0, 1 - |j + 1/2 - c| / f)`,
 * `f = max(1, n / m)`; along x first, rounded to 8 bits, then along y. (libvips has the same for smaller images, but places the
 * pixels of larger ones otherwise: 2 to 3 of 255 off in the mean.)
 *
 * @param image - uint8 `[height, width, 3]`
 * @param size - the new size in pixels
 */
export function resizeTriangle(image: PlainImage, size: ImageSize): PlainImage {
  return alongY(alongX(image, size.width), size.height);
}

function alongX(image: PlainImage, width: number): PlainImage {
  if (width === image.width) return image;
  const { height, data: source } = image;
  const { firsts, counts, weights, most } = tapsOf(image.width, width);
  const data = new Uint8Array(width * height * CHANNELS);
  let to = 0;
  // Plain indices and three sums: these loops are most of what preparing an image costs.
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let r = HALF;
      let g = HALF;
      let b = HALF;
      let at = (y * image.width + (firsts[x] as number)) * CHANNELS;
      const end = x * most + (counts[x] as number);
      for (let tap = x * most; tap < end; tap++) {
        const weight = weights[tap] as number;
        r += (source[at] as number) * weight;
        g += (source[at + 1] as number) * weight;
        b += (source[at + 2] as number) * weight;
        at += CHANNELS;
      }
      data[to++] = r >> PRECISION;
      data[to++] = g >> PRECISION;
      data[to++] = b >> PRECISION;
    }
  }
  return { data, width, height };
}

function alongY(image: PlainImage, height: number): PlainImage {
  if (height === image.height) return image;
  const { width, data: source } = image;
  const { firsts, counts, weights, most } = tapsOf(image.height, height);
  const length = width * CHANNELS;
  const data = new Uint8Array(length * height);
  const sums = new Int32Array(length);
  for (let y = 0; y < height; y++) {
    sums.fill(HALF);
    for (let tap = 0; tap < (counts[y] as number); tap++) {
      const weight = weights[y * most + tap] as number;
      const from = ((firsts[y] as number) + tap) * length;
      for (let i = 0; i < length; i++) sums[i] = (sums[i] as number) + (source[from + i] as number) * weight;
    }
    const to = y * length;
    for (let i = 0; i < length; i++) data[to + i] = (sums[i] as number) >> PRECISION;
  }
  return { data, width, height };
}

/** For each new pixel: the first old one, how many, and `most` places for their weights. */
interface Taps {
  readonly firsts: Int32Array;
  readonly counts: Int32Array;
  readonly weights: Int32Array;
  readonly most: number;
}

function tapsOf(from: number, to: number): Taps {
  const scale = from / to;
  const support = Math.max(1, scale);
  const most = 2 * Math.ceil(support) + 1;
  const firsts = new Int32Array(to);
  const counts = new Int32Array(to);
  const weights = new Int32Array(to * most);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(from, Math.trunc(centre + support + 0.5));
    const shares = Array.from({ length: end - first }, (_, tap) =>
      Math.max(0, 1 - Math.abs((first + tap - centre + 0.5) * (1 / support))),
    );
    const sum = shares.reduce((total, share) => total + share, 0);
    firsts[i] = first;
    counts[i] = shares.length;
    weights.set(
      shares.map((share) => Math.trunc(0.5 + (share / sum) * 2 ** PRECISION)),
      i * most,
    );
  }
  return { firsts, counts, weights, most };
}
