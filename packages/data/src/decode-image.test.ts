import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cropImage } from './crop-image.js';
import { decodeImage } from './decode-image.js';
import { limitImagePixels } from './image-limit.js';

/** Red left half, blue right half; 4 x 2. */
const line = [255, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 255];
const picture = () => sharp(Buffer.from([...line, ...line]), { raw: { width: 4, height: 2, channels: 3 } });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-decode-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('decodeImage', () => {
  it('gives the pixels of a path or of bytes', async () => {
    const png = await picture().png().toBuffer();
    const path = join(folder, 'picture.png');
    await writeFile(path, png);
    const expected = { data: Uint8Array.from([...line, ...line]), width: 4, height: 2, channels: 3 };
    expect(await decodeImage(png)).toEqual(expected);
    expect(await decodeImage(path)).toEqual(expected);
  });

  it('turns by EXIF orientation, lays alpha on white or drops it', async () => {
    const turned = await picture().withMetadata({ orientation: 6 }).png().toBuffer();
    const { data, width, height } = await decodeImage(turned);
    expect([width, height]).toEqual([2, 4]);
    expect([...data]).toEqual([...line.slice(0, 6), ...line.slice(0, 6), ...line.slice(6), ...line.slice(6)]);
    const clear = sharp({
      create: { width: 1, height: 1, channels: 4, background: { r: 9, g: 9, b: 9, alpha: 0 } },
    });
    const png = await clear.png().toBuffer();
    expect([...(await decodeImage(png)).data]).toEqual([255, 255, 255]);
    expect([...(await decodeImage(png, { alpha: 'drop' })).data]).toEqual([9, 9, 9]);
  });

  it.each(['b-w', 'cmyk', 'rgb16'] as const)('makes three channels of 8 bits of %s', async (space) => {
    const image = picture().toColourspace(space);
    const bytes = await (space === 'cmyk' ? image.jpeg() : image.png()).toBuffer();
    expect((await decodeImage(bytes)).data).toHaveLength(24);
  });

  it('converts a colour profile to sRGB, but for that of sRGB', async () => {
    const plain = await picture().jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
    const pixels = (await decodeImage(plain)).data;
    const wide = await sharp(plain)
      .withIccProfile('p3')
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
      .toBuffer();
    // Display P3's numbers for sRGB's red are other ones; shown as sRGB they are red again.
    const raw = (await sharp(wide, { ignoreIcc: true }).raw().toBuffer())[0] ?? 255;
    expect(raw).toBeLessThan(240);
    expect((await decodeImage(wide)).data[0]).toBeGreaterThan(248);
    const same = await sharp(plain)
      .withIccProfile('srgb')
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
      .toBuffer();
    (await decodeImage(same)).data.forEach((value, i) =>
      expect(Math.abs(value - (pixels[i] ?? 0))).toBeLessThan(3),
    );
  });

  it('refuses what is missing, broken or too large', async () => {
    const none = join(folder, 'none.png');
    await expect(decodeImage(none)).rejects.toMatchObject({ code: 'data/missing-file' });
    const jpeg = await picture().resize(64, 64).jpeg().toBuffer();
    const cut = join(folder, 'cut.jpg');
    await writeFile(cut, jpeg.subarray(0, jpeg.length / 2));
    await expect(decodeImage(cut)).rejects.toMatchObject({
      code: 'data/bad-image',
      message: expect.stringContaining(cut) as string,
    });
    await expect(decodeImage(jpeg, { maxPixels: 4095 })).rejects.toMatchObject({ code: 'data/bad-image' });
    expect((await decodeImage(jpeg, { maxPixels: 4096 })).width).toBe(64);
    limitImagePixels(4095);
    await expect(decodeImage(jpeg)).rejects.toMatchObject({ code: 'data/bad-image' });
    limitImagePixels();
  });
});

describe('cropImage', () => {
  const image = {
    data: Uint8Array.from({ length: 36 }, (_, i) => i),
    width: 4,
    height: 3,
    channels: 3,
  } as const;

  it('cuts rows', () => {
    const { data, ...rest } = cropImage(image, { x: 1, y: 1, width: 2, height: 2 });
    expect([...data]).toEqual([15, 16, 17, 18, 19, 20, 27, 28, 29, 30, 31, 32]);
    expect(rest).toEqual({ width: 2, height: 2, channels: 3 });
    expect(cropImage(image, { x: 0, y: 0, width: 4, height: 3 })).toEqual(image);
  });

  it.each([
    { x: 3, y: 0, width: 2, height: 1 },
    { x: 0, y: -1, width: 1, height: 1 },
    { x: 0, y: 0, width: 0, height: 1 },
    { x: 0.5, y: 0, width: 1, height: 1 },
  ])('refuses %j', (box) => {
    expect(() => cropImage(image, box)).toThrow(expect.objectContaining({ code: 'data/bad-box' }));
  });
});
