import type { PixelImage } from './pixel-image.js';
import { type Taps, WEIGHT_BITS } from './resample-taps.js';

/** Half of one, so that cutting off the bits after the point rounds. */
const HALF = 2 ** (WEIGHT_BITS - 1);

/** Some rows of an image at a new width: uint8 `[rows, width, channels]`. */
export function resampleAcross(
  image: PixelImage,
  taps: Taps,
  width: number,
  [firstRow, rows]: readonly [number, number],
): Uint8Array {
  const { channels } = image;
  const { firsts, counts, weights, most } = taps;
  const source = image.data;
  const data = new Uint8Array(width * rows * channels);
  const clipped = new Uint8ClampedArray(data.buffer);
  let to = 0;
  for (let row = firstRow; row < firstRow + rows; row++) {
    const start = row * image.width * channels;
    for (let x = 0; x < width; x++) {
      const from = start + (firsts[x] as number) * channels;
      const tap = x * most;
      const end = tap + (counts[x] as number);
      if (channels === 3) {
        // Plain indices and three sums: these loops are most of what resizing costs.
        let r = HALF;
        let g = HALF;
        let b = HALF;
        for (let i = tap, at = from; i < end; i++, at += 3) {
          const weight = weights[i] as number;
          r += Math.imul(source[at] as number, weight);
          g += Math.imul(source[at + 1] as number, weight);
          b += Math.imul(source[at + 2] as number, weight);
        }
        clipped[to++] = r >> WEIGHT_BITS;
        clipped[to++] = g >> WEIGHT_BITS;
        clipped[to++] = b >> WEIGHT_BITS;
      } else
        for (let channel = 0; channel < channels; channel++) {
          let sum = HALF;
          for (let i = tap, at = from + channel; i < end; i++, at += channels)
            sum += Math.imul(source[at] as number, weights[i] as number);
          clipped[to++] = sum >> WEIGHT_BITS;
        }
    }
  }
  return data;
}

/** An image at a new height: uint8 `[height, image.width, channels]`. */
export function resampleDown(
  image: PixelImage,
  { firsts, counts, weights, most }: Taps,
  height: number,
): Uint8Array {
  const source = image.data;
  const length = image.width * image.channels;
  const data = new Uint8Array(length * height);
  const clipped = new Uint8ClampedArray(data.buffer);
  const sums = new Int32Array(length);
  for (let y = 0; y < height; y++) {
    sums.fill(HALF);
    for (let tap = 0; tap < (counts[y] as number); tap++) {
      const weight = weights[y * most + tap] as number;
      const from = ((firsts[y] as number) + tap) * length;
      for (let i = 0; i < length; i++)
        sums[i] = (sums[i] as number) + Math.imul(source[from + i] as number, weight);
    }
    const to = y * length;
    for (let i = 0; i < length; i++) clipped[to + i] = (sums[i] as number) >> WEIGHT_BITS;
  }
  return data;
}
