import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

/** The folder of the tiny Florence-2: `tools/make-tiny-captioner.py` says what it knows. */
export const TINY_FLORENCE = fileURLToPath(new URL('../../test-fixtures/tiny-florence-2', import.meta.url));

/** A grey image of 80 x 40 with a square of a colour left (8..32) and another one right (48..72), from 8 to 32 down. */
export async function twoSquares(left: string, right: string): Promise<Buffer> {
  const square = (background: string) => ({
    create: { width: 24, height: 24, channels: 3 as const, background },
  });
  return sharp({ create: { width: 80, height: 40, channels: 3, background: '#787878' } })
    .composite([
      { input: square(left), left: 8, top: 8 },
      { input: square(right), left: 48, top: 8 },
    ])
    .png()
    .toBuffer();
}

/** The boxes of its squares. */
export const LEFT = { x0: 0.1, y0: 0.2, x1: 0.4, y1: 0.8 };
/** See `LEFT`. */
export const RIGHT = { x0: 0.6, y0: 0.2, x1: 0.9, y1: 0.8 };

/** The folder of a tiny encoder-decoder with random weights: `tools/make-tiny-vit-gpt2.py`. */
export const TINY_VIT_GPT2 = fileURLToPath(new URL('../../test-fixtures/tiny-vit-gpt2', import.meta.url));
