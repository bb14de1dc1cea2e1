import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodePlainJpeg } from './plain-jpeg.js';

const options = { icc: false, maxPixels: 1e8 };

/** Noise over slopes. */
function picture(width: number, height: number, noise: number) {
  let state = width * 7919 + height;
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    const x = Math.floor(i / 3) % width;
    return Math.max(
      0,
      Math.min(255, ((x * 2 + i / width) % 256) + ((state >>> 16) % (2 * noise + 1)) - noise),
    );
  });
  return sharp(data, { raw: { width, height, channels: 3 } });
}

describe('decodePlainJpeg', () => {
  it("gives libjpeg's bytes", async () => {
    const side = fc.integer({ min: 6, max: 70 });
    await fc.assert(
      fc.asyncProperty(
        side,
        side,
        fc.integer({ min: 1, max: 100 }),
        fc.constantFrom(0, 3, 40, 255),
        fc.constantFrom('4:2:0', '4:4:4'),
        fc.boolean(),
        async (width, height, quality, noise, chromaSubsampling, optimiseCoding) => {
          const jpeg = await picture(width, height, noise)
            .jpeg({ quality, chromaSubsampling, optimiseCoding })
            .toBuffer();
          const expected = await sharp(jpeg).raw().toBuffer();
          const made = decodePlainJpeg(jpeg, options);
          expect([made?.width, made?.height, made?.channels]).toEqual([width, height, 3]);
          expect(expected.equals(made?.data ?? new Uint8Array())).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('of 4:2:2 too', async () => {
    // Noise of 37 x 21, written by Pillow 12.3 (quality 88, subsampling 1).
    const jpeg = await readFile(new URL('../test-fixtures/chroma-4-2-2.jpg', import.meta.url));
    // Three components, the first with two blocks across and one down.
    expect(jpeg.includes(Buffer.of(3, 1, 0x21))).toBe(true);
    const expected = await sharp(jpeg).raw().toBuffer();
    expect(expected.equals(decodePlainJpeg(jpeg, options)?.data ?? new Uint8Array())).toBe(true);
  });

  it('leaves to sharp what is not plain, cut or broken', async () => {
    const jpeg = await picture(40, 30, 40).jpeg({ quality: 90 }).toBuffer();
    expect(decodePlainJpeg(jpeg, options)).toBeDefined();
    for (const other of [
      await picture(40, 30, 3).jpeg({ progressive: true }).toBuffer(),
      await picture(40, 30, 3).toColourspace('b-w').jpeg().toBuffer(),
      await picture(40, 30, 3).toColourspace('cmyk').jpeg().toBuffer(),
      await picture(40, 30, 3).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
      await picture(40, 30, 3).withIccProfile('p3').jpeg().toBuffer(),
      await picture(40, 30, 3).png().toBuffer(),
      new Uint8Array(0),
    ])
      expect(decodePlainJpeg(other, options)).toBeUndefined();
    expect(decodePlainJpeg(jpeg, { ...options, maxPixels: 1199 })).toBeUndefined();
    for (let length = 0; length < jpeg.length; length += 7)
      expect(decodePlainJpeg(jpeg.subarray(0, length), options)).toBeUndefined();
  });

  it('leaves to sharp steps of 16 bits', async () => {
    const jpeg = await picture(40, 30, 40).jpeg({ quality: 90 }).toBuffer();
    const at = jpeg.indexOf(Buffer.of(0xff, 0xdb));
    const [key, ...steps] = jpeg.subarray(at + 4, at + 69);
    const wide = Buffer.from([0xff, 0xdb, 0, 131, (key ?? 0) | 0x10, ...steps.flatMap((step) => [0, step])]);
    const rest = jpeg.subarray(at + 2 + jpeg.readUInt16BE(at + 2));
    const other = Buffer.concat([jpeg.subarray(0, at), wide, rest]);
    expect(await sharp(other).raw().toBuffer()).toHaveLength(3600);
    expect(decodePlainJpeg(other, options)).toBeUndefined();
  });

  it('withstands any damage', async () => {
    const jpeg = await picture(64, 48, 40).jpeg({ quality: 80 }).toBuffer();
    fc.assert(
      fc.property(fc.nat(jpeg.length - 1), fc.nat(255), fc.nat(jpeg.length - 1), (at, value, cut) => {
        const broken = Uint8Array.from(jpeg);
        broken[at] = value;
        broken[cut] = 0xff;
        const made = decodePlainJpeg(broken, options);
        if (made) expect(made.data).toHaveLength(made.width * made.height * 3);
      }),
      { numRuns: 2000 },
    );
    expect(decodePlainJpeg(jpeg, options)).toBeDefined();
  });
});
