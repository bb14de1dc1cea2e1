import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { PixelCache } from './pixel-cache.js';
import { loadPixels, readImageSize } from './pixels.js';

/** Red left half, blue right half; 4 x 2. */
const line = [255, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 255];
const raw = Buffer.from([...line, ...line]);
const picture = () => sharp(raw, { raw: { width: 4, height: 2, channels: 3 } });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-pixels-'));
});

describe('loadPixels', () => {
  it('returns RGB row by row', async () => {
    const square = await sharp(Buffer.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]), {
      raw: { width: 2, height: 2, channels: 3 },
    })
      .png()
      .toBuffer();
    expect([...(await loadPixels(square, 2))]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  it('stretches instead of cropping', async () => {
    const pixels = await loadPixels(await picture().png().toBuffer(), 2);
    expect(pixels[0]).toBeGreaterThan(pixels[2] as number);
    expect(pixels[5]).toBeGreaterThan(pixels[3] as number);
    expect(pixels).toHaveLength(12);
  });

  it('applies the EXIF orientation', async () => {
    // Orientation 6: the stored image is shown turned clockwise, so its left half is shown at the top.
    const turned = await picture().withMetadata({ orientation: 6 }).png().toBuffer();
    expect(await readImageSize(turned)).toEqual({ width: 2, height: 4 });
    const pixels = await loadPixels(turned, 4);
    expect([...pixels.slice(0, 3)]).toEqual([255, 0, 0]);
    expect([...pixels.slice(-3)]).toEqual([0, 0, 255]);
  });

  it.each([
    ['grey', (image: Sharp) => image.toColourspace('b-w').png()],
    ['CMYK', (image: Sharp) => image.toColourspace('cmyk').jpeg()],
    ['16 bits', (image: Sharp) => image.toColourspace('rgb16').png()],
    ['a palette', (image: Sharp) => image.png({ palette: true })],
    ['WebP', (image: Sharp) => image.webp()],
  ])('reads an image with %s as three bytes a pixel', async (_, encode) => {
    expect(await loadPixels(await encode(picture()).toBuffer(), 8)).toHaveLength(8 * 8 * 3);
  });

  it('lays transparent images on white', async () => {
    const clear = { r: 0, g: 0, b: 0, alpha: 0 };
    const image = await sharp({ create: { width: 2, height: 2, channels: 4, background: clear } })
      .png()
      .toBuffer();
    expect([...new Set(await loadPixels(image, 2))]).toEqual([255]);
  });

  it.each(['png', 'jpeg', 'webp'] as const)('refuses a truncated %s', async (format) => {
    const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
    const whole = await sharp({ create: { width: 200, height: 200, channels: 3, background: '#888', noise } })
      .toFormat(format)
      .toBuffer();
    for (const share of [0.9, 0.5, 0.05]) {
      const path = join(folder, `cut-${share}.${format}`);
      await writeFile(path, whole.subarray(0, Math.floor(whole.length * share)));
      await expect(loadPixels(path, 16)).rejects.toMatchObject({
        code: 'data/bad-image',
        message: expect.stringContaining(path) as unknown,
      });
    }
  });

  it('refuses what is no image, and names what is missing', async () => {
    const text = join(folder, 'text.png');
    await writeFile(text, 'not an image');
    await expect(loadPixels(text, 4)).rejects.toMatchObject({ code: 'data/bad-image' });
    await expect(loadPixels(new Uint8Array(0), 4)).rejects.toMatchObject({ code: 'data/bad-image' });
    await expect(loadPixels(join(folder, 'none.png'), 4)).rejects.toMatchObject({
      code: 'data/missing-file',
    });
    await expect(readImageSize(join(folder, 'none.png'))).rejects.toMatchObject({
      code: 'data/missing-file',
    });
    await expect(loadPixels(text, 0)).rejects.toMatchObject({ code: 'data/bad-config' });
  });
});

describe('PixelCache', () => {
  it('decodes once, keeps what it may, forgets the least recently used', async () => {
    const paths = await Promise.all(
      ['#100', '#200', '#300'].map(async (background, i) => {
        const path = join(folder, `cached-${i}.png`);
        await sharp({ create: { width: 2, height: 2, channels: 3, background } })
          .png()
          .toFile(path);
        return path;
      }),
    );
    const [a, b, c] = paths as [string, string, string];
    const cache = new PixelCache({ size: 2, maxBytes: 2 * 12 });
    const [first, again] = await Promise.all([cache.load(a), cache.load(a)]);
    expect(again).toBe(first);
    const [, second] = await cache.loadAll([a, b]);
    expect(await cache.load(a)).toBe(first); // a is now the younger of the two
    await cache.load(c);
    expect(cache.count).toBe(2);
    expect(await cache.load(a)).toBe(first);
    expect(await cache.load(b)).not.toBe(second);
    cache.clear();
    expect(cache.count).toBe(0);
  });

  it('does not remember a failure', async () => {
    const path = join(folder, 'late.png');
    const cache = new PixelCache({ size: 2 });
    await expect(cache.load(path)).rejects.toMatchObject({ code: 'data/missing-file' });
    await picture().png().toFile(path);
    expect(await cache.load(path)).toHaveLength(12);
  });
});
