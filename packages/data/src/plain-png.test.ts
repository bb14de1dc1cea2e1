import fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodePlainPng } from './plain-png.js';

const size = 9;
const picture = (pixels: Uint8Array) => sharp(pixels, { raw: { width: size, height: size, channels: 3 } });
/** Smooth enough that every row filter is worth its while, noisy enough that all are used. */
const pictures = fc
  .tuple(
    fc.nat(255),
    fc.integer({ min: -9, max: 9 }),
    fc.uint8Array({ minLength: size * size * 3, maxLength: size * size * 3 }),
  )
  .map(([start, slope, noise]) => noise.map((value, i) => start + slope * Math.floor(i / 7) + (value % 5)));

describe('decodePlainPng', () => {
  it('returns the pixels that were written, whatever the row filters', async () => {
    await fc.assert(
      fc.asyncProperty(pictures, fc.boolean(), async (pixels, adaptiveFiltering) => {
        const file = await picture(pixels).png({ adaptiveFiltering }).toBuffer();
        expect(decodePlainPng(file, size)).toEqual(pixels);
      }),
    );
  });

  it.each([
    ['another size', (image: Sharp) => image.resize(8, 8).png()],
    ['alpha', (image: Sharp) => image.ensureAlpha().png()],
    ['grey', (image: Sharp) => image.toColourspace('b-w').png()],
    ['a palette', (image: Sharp) => image.png({ palette: true })],
    ['16 bits', (image: Sharp) => image.toColourspace('rgb16').png()],
    ['interlacing', (image: Sharp) => image.png({ progressive: true })],
    ['an orientation', (image: Sharp) => image.withMetadata({ orientation: 6 }).png()],
    ['another format', (image: Sharp) => image.webp()],
  ])('leaves an image with %s to sharp', async (_, encode) => {
    const file = await encode(picture(new Uint8Array(size * size * 3).fill(7))).toBuffer();
    expect(decodePlainPng(file, size)).toBeUndefined();
  });

  it('leaves every cut or changed file to sharp', async () => {
    const file = await picture(Uint8Array.from({ length: size * size * 3 }, (_, i) => i * 31))
      .png()
      .toBuffer();
    for (let length = 0; length < file.length; length++)
      expect(decodePlainPng(file.subarray(0, length), size)).toBeUndefined();
    for (let at = 0; at < file.length; at++) {
      const changed = Uint8Array.from(file);
      changed[at] = (changed[at] as number) ^ 0x10;
      expect(decodePlainPng(changed, size)).toBeUndefined();
    }
  });
});
