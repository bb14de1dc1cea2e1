import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { PixelImage } from './pixel-image.js';
import { resample } from './resample.js';
import type { ResampleFilter } from './resample-taps.js';

const FILTERS = ['nearest', 'box', 'bilinear', 'hamming', 'bicubic', 'lanczos'] as const;
const numbers = z.array(z.number());
const bytes = z.string().transform((text) => new Uint8Array(Buffer.from(text, 'base64')));

/** Made by tools/compare-resampling.mjs. */
const { cases } = z
  .object({
    cases: z.array(
      z.object({
        filter: z.enum(FILTERS),
        channels: z.number(),
        size: numbers,
        box: numbers,
        to: numbers,
        pixels: bytes,
        result: bytes,
      }),
    ),
  })
  .parse(
    JSON.parse(
      readFileSync(fileURLToPath(new URL('../test-fixtures/pillow-resample.json', import.meta.url)), 'utf8'),
    ),
  );

const image: PixelImage = {
  data: Uint8Array.from({ length: 60 }, (_, i) => (i * 37) % 256),
  width: 5,
  height: 4,
  channels: 3,
};

describe('resample', () => {
  it.each(FILTERS)("gives Pillow 12.3's bytes: %s", (filter) => {
    const own = cases.filter((one) => one.filter === filter);
    expect(own.length).toBeGreaterThan(3);
    for (const { channels, size, box, to, pixels, result } of own) {
      const [x = 0, y = 0, w = 0, h = 0] = box;
      const source = { data: pixels, width: size[0] ?? 0, height: size[1] ?? 0, channels };
      const [width = 0, height = 0] = to;
      const made = resample(source, { width, height, filter, box: { x, y, width: w, height: h } });
      expect(made, JSON.stringify({ size, box, to })).toEqual({ data: result, width, height, channels });
    }
  });

  // Pillow 12.3: Image.fromarray(numpy.arange(60) * 37 % 256 as [4, 5, 3] of uint8).resize((w, h), Image.BILINEAR)
  it.each([
    [7, 6, [0, 37, 74, 63, 100, 137, 143, 107, 144, 222, 3, 40, 118, 82, 119, 125, 162, 89, 188, 225], 14722],
    [2, 3, [95, 91, 128, 143, 114, 94, 106, 143, 127, 113, 109, 140, 157, 121, 118, 123, 152, 113], 2187],
    [5, 2, [31, 68, 105, 142, 179, 179, 106, 34, 71, 108, 145, 182, 182, 109, 37, 98, 135, 172, 209], 3561],
    [3, 9, [48, 85, 122, 165, 60, 97, 140, 177, 68, 55, 92, 129, 148, 67, 104, 147, 160, 75, 74, 111], 9782],
  ])('to %i x %i', (width, height, begins, sum) => {
    const { data } = resample(image, { width, height, filter: 'bilinear' });
    expect(data).toHaveLength(3 * width * height);
    expect([...data.subarray(0, begins.length)]).toEqual(begins);
    expect(data.reduce((total, value) => total + value, 0)).toBe(sum);
  });

  it('leaves one colour as it is, whatever is asked for', () => {
    const side = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(
        side,
        side,
        side,
        side,
        fc.constantFrom(...FILTERS),
        fc.constantFrom(1, 2, 3, 4),
        fc.constantFrom(0, 1, 254, 255),
        (width, height, w, h, filter, channels, value) => {
          const plain = {
            data: new Uint8Array(width * height * channels).fill(value),
            width,
            height,
            channels,
          };
          const { data } = resample(plain, { width: w, height: h, filter });
          expect(data).toHaveLength(w * h * channels);
          expect(data.every((one) => one === value)).toBe(true);
        },
      ),
    );
  });

  it('treats channels alike, in any number of them', () => {
    for (const filter of FILTERS) {
      const three = resample(image, { width: 9, height: 3, filter });
      for (const channel of [0, 1, 2]) {
        const data = image.data.filter((_, i) => i % 3 === channel);
        const one = resample({ ...image, data, channels: 1 }, { width: 9, height: 3, filter });
        expect(one.data).toEqual(three.data.filter((_, i) => i % 3 === channel));
      }
    }
  });

  it('gives a copy where there is nothing to do, and leaves the source alone', () => {
    const before = image.data.slice();
    const same = resample(image, { width: 5, height: 4, filter: 'lanczos' });
    expect(same).toEqual(image);
    same.data.fill(0);
    resample(image, { width: 50, height: 3, filter: 'lanczos' });
    expect(image.data).toEqual(before);
  });

  it.each([
    [{ width: 0, height: 1, filter: 'box' }, /whole numbers from 1, got 0 x 1/],
    [{ width: 1, height: 1.5, filter: 'box' }, /got 1 x 1.5/],
    [{ width: 1, height: 1, filter: 'cubic' as ResampleFilter }, /nearest, box, .*, got cubic/],
    [{ width: 1, height: 1, filter: 'box', box: { x: 0, y: 0, width: 6, height: 4 } }, /inside of 5 x 4/],
    [{ width: 1, height: 1, filter: 'box', box: { x: -1, y: 0, width: 2, height: 4 } }, /got x -1/],
    [{ width: 1, height: 1, filter: 'box', box: { x: 1, y: 1, width: 0, height: 1 } }, /with area/],
    [{ width: 1, height: 1, filter: 'box', box: { x: Number.NaN, y: 1, width: 1, height: 1 } }, /x NaN/],
  ] as const)('refuses %j', (options, message) => {
    expect(() => resample(image, options)).toThrow(message);
    expect(() => resample(image, options)).toThrow(expect.objectContaining({ code: 'data/bad-config' }));
  });

  it('refuses bytes that do not fit the sizes', () => {
    const options = { width: 1, height: 1, filter: 'box' } as const;
    for (const bad of [
      { ...image, width: 6 },
      { ...image, channels: 0 },
      { ...image, data: new Uint8Array(59) },
    ])
      expect(() => resample(bad, options)).toThrow(expect.objectContaining({ code: 'data/bad-image' }));
  });
});
