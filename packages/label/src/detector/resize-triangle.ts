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
  const taps = tapsOf(image.width, width);
  const data = new Uint8Array(width * height * CHANNELS);
  for (let y = 0; y < height; y++) {
    const row = y * image.width;
    for (const [x, { first, weights }] of taps.entries()) {
      let [r, g, b] = [HALF, HALF, HALF];
      let at = (row + first) * CHANNELS;
      for (const weight of weights) {
        r += (source[at] as number) * weight;
        g += (source[at + 1] as number) * weight;
        b += (source[at + 2] as number) * weight;
        at += CHANNELS;
      }
      const to = (y * width + x) * CHANNELS;
      data[to] = r >> PRECISION;
      data[to + 1] = g >> PRECISION;
      data[to + 2] = b >> PRECISION;
    }
  }
  return { data, width, height };
}

function alongY(image: PlainImage, height: number): PlainImage {
  if (height === image.height) return image;
  const { width, data: source } = image;
  const length = width * CHANNELS;
  const data = new Uint8Array(length * height);
  const sums = new Int32Array(length);
  for (const [y, { first, weights }] of tapsOf(image.height, height).entries()) {
    sums.fill(HALF);
    for (const [tap, weight] of weights.entries()) {
      const from = (first + tap) * length;
      for (let i = 0; i < length; i++) sums[i] = (sums[i] as number) + (source[from + i] as number) * weight;
    }
    const to = y * length;
    for (let i = 0; i < length; i++) data[to + i] = (sums[i] as number) >> PRECISION;
  }
  return { data, width, height };
}

interface Taps {
  readonly first: number;
  readonly weights: Int32Array;
}

function tapsOf(from: number, to: number): Taps[] {
  const scale = from / to;
  const support = Math.max(1, scale);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(from, Math.trunc(centre + support + 0.5));
    const shares = Array.from({ length: end - first }, (_, tap) =>
      Math.max(0, 1 - Math.abs((first + tap - centre + 0.5) * (1 / support))),
    );
    const sum = shares.reduce((total, share) => total + share, 0);
    return {
      first,
      weights: Int32Array.from(shares, (share) => Math.trunc(0.5 + (share / sum) * 2 ** PRECISION)),
    };
  });
}
