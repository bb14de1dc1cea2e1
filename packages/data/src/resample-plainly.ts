import type { PixelImage } from './pixel-image.js';
import { type Taps, WEIGHT_BITS } from './resample-taps.js';

/** Half of one, so that cutting off the bits after the point rounds. */
const HALF = 2 ** (WEIGHT_BITS - 1);

/**
 * The two passes in plain JavaScript, for any number of channels.
 *
 * @param image - uint8 `[height, width, channels]`
 * @param across - taps along x, undefined where columns stay
 * @param down - taps along y, undefined where rows stay
 * @param rows - the rows of the source that are read
 * @returns uint8 `[height, width, channels]`
 */
export function resamplePlainly(
  image: PixelImage,
  across: Taps | undefined,
  down: Taps | undefined,
  [firstRow, rows]: readonly [number, number],
): Uint8Array {
  const stride = image.width * image.channels;
  const data = image.data.subarray(firstRow * stride, (firstRow + rows) * stride);
  const part = { ...image, data, height: rows };
  const between = across ? alongX(part, across) : part;
  return down ? alongY(between, down, firstRow) : between.data;
}

function alongX(image: PixelImage, { firsts, counts, weights, most }: Taps): PixelImage {
  const { channels, height } = image;
  const source = image.data;
  const width = firsts.length;
  const data = new Uint8Array(width * height * channels);
  const clipped = new Uint8ClampedArray(data.buffer);
  let to = 0;
  for (let row = 0; row < height; row++) {
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
  return { data, width, height, channels };
}

function alongY(image: PixelImage, { firsts, counts, weights, most }: Taps, firstRow: number): Uint8Array {
  const height = firsts.length;
  const source = image.data;
  const length = image.width * image.channels;
  const data = new Uint8Array(length * height);
  const clipped = new Uint8ClampedArray(data.buffer);
  const sums = new Int32Array(length);
  for (let y = 0; y < height; y++) {
    sums.fill(HALF);
    for (let tap = 0; tap < (counts[y] as number); tap++) {
      const weight = weights[y * most + tap] as number;
      const from = ((firsts[y] as number) - firstRow + tap) * length;
      for (let i = 0; i < length; i++)
        sums[i] = (sums[i] as number) + Math.imul(source[from + i] as number, weight);
    }
    const to = y * length;
    for (let i = 0; i < length; i++) clipped[to + i] = (sums[i] as number) >> WEIGHT_BITS;
  }
  return data;
}
