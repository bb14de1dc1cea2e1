import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { encodeJpeg } from './encode-jpeg.js';
import type { RgbImage } from './pixel-image.js';

/** Noise over slopes: coefficients of all sizes, long runs of zeros too. */
function picture(width: number, height: number, noise: number): RgbImage {
  let state = width * 7919 + height;
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    const x = Math.floor(i / 3) % width;
    return Math.max(
      0,
      Math.min(255, ((x * 2 + i / width) % 256) + ((state >>> 16) % (2 * noise + 1)) - noise),
    );
  });
  return { data, width, height, channels: 3 };
}

/** What libjpeg writes of it, without its header's first two bytes. */
async function libjpeg({ data, ...raw }: RgbImage, quality: number): Promise<Uint8Array> {
  const options = { quality, chromaSubsampling: '4:2:0', optimiseCoding: false };
  return (await sharp(data, { raw }).jpeg(options).toBuffer()).subarray(2);
}

/** Start of image and JFIF, which sharp leaves out. */
const JFIF = 20;

describe('encodeJpeg', () => {
  it("gives libjpeg's bytes at any size, quality and content", async () => {
    const side = fc.integer({ min: 1, max: 70 });
    await fc.assert(
      fc.asyncProperty(
        side,
        side,
        fc.integer({ min: 1, max: 100 }),
        fc.constantFrom(0, 3, 40, 255),
        async (width, height, quality, noise) => {
          const image = picture(width, height, noise);
          const jpeg = encodeJpeg(image, { quality });
          expect(Buffer.from(jpeg.subarray(JFIF)).equals(await libjpeg(image, quality))).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('of 90 by default, and of many chunks', async () => {
    const image = picture(700, 300, 255);
    const jpeg = encodeJpeg(image);
    expect(jpeg.length).toBeGreaterThan(150_000);
    expect(Buffer.from(jpeg.subarray(JFIF)).equals(await libjpeg(image, 90))).toBe(true);
    expect([...jpeg.subarray(0, JFIF)]).toEqual([
      0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0,
    ]);
  });

  it('refuses what it cannot write', () => {
    const image = picture(2, 2, 0);
    for (const quality of [0, 101, 1.5, Number.NaN])
      expect(() => encodeJpeg(image, { quality })).toThrow(
        expect.objectContaining({ code: 'data/bad-config' }),
      );
    for (const bad of [
      { ...image, width: 3 },
      { data: new Uint8Array(3 * 65_536), width: 65_536, height: 1, channels: 3 } as const,
    ])
      expect(() => encodeJpeg(bad)).toThrow(expect.objectContaining({ code: 'data/bad-image' }));
  });
});
