import type { RgbImage } from './pixel-image.js';

const [WIDTH, HEIGHT] = [50, 38];
const data = Uint8Array.from(
  { length: WIDTH * HEIGHT * 3 },
  (_, i) => (i % 150) + (((i * 37) ^ (i >> 3)) % 90),
);
const image: RgbImage = { data, width: WIDTH, height: HEIGHT, channels: 3 };

/** What a library that is to stand for sharp is tried with: sides that are no whole blocks, slopes and noise. */
export const TURBO_PROBE = { image, quality: 90 } as const;

/**
 * Of the JPEG that sharp 0.35.5 makes of the probe (4:2:0, standard Huffman tables), followed by the
 * pixels that it reads from it.
 */
export const TURBO_PROBE_SHA256 = 'ba3929d97a4e3e2cd53dbf7e0444c2038824032db4daa3402c326997870adf9c';
