import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { patchImage } from './detector.test-support.js';
import { prepareImage } from './prepare-image.js';

const scale = { rescaleFactor: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const plain = { rescaleFactor: 1, mean: [0, 0, 0], std: [1, 1, 1] };
const options = { sizeOf: <Size>(size: Size) => size, scale: plain, maxPixels: 1e6 };

function solid(colour: string | { r: number; g: number; b: number; alpha: number }, channels: 3 | 4 = 3) {
  return sharp({ create: { width: 2, height: 1, channels, background: colour } });
}

describe('prepareImage', () => {
  it('gives planes of normalised channels', async () => {
    // Red: (1 - 0.485) / 0.229, (0 - 0.456) / 0.224, (0 - 0.406) / 0.225
    const image = await solid('#ff0000').png().toBuffer();
    const { data, width, height } = await prepareImage(image, { ...options, scale });
    expect([width, height]).toEqual([2, 1]);
    const [r, g, b] = [2.2489083, -2.0357143, -1.8044444].map((value) => expect.closeTo(value, 6) as number);
    expect([...data]).toEqual([r, r, g, g, b, b]);
  });

  it('averages what it makes smaller', async () => {
    const image = await patchImage(4, 2, [
      { colour: '#000000', at: [0, 0, 4, 2] },
      { colour: '#ffffff', at: [2, 0, 2, 2] },
    ]);
    const { data } = await prepareImage(image, { ...options, sizeOf: () => ({ width: 2, height: 1 }) });
    // Around 1 of four pixels: distances 0.5, 0.5, 1.5 of 2, weights 3, 3, 1, of which the third
    // is white: 255 / 7 = 36.4.
    expect([...data.subarray(0, 2)]).toEqual([36, 219]);
  });

  it('turns by EXIF orientation before it asks for a size', async () => {
    const image = await sharp(await patchImage(4, 2, [{ colour: '#ff0000', at: [0, 0, 2, 2] }]))
      .withMetadata({ orientation: 6 })
      .png()
      .toBuffer();
    const asked: unknown[] = [];
    const sizeOf = <Size>(size: Size) => {
      asked.push(size);
      return size;
    };
    const { data, width, height } = await prepareImage(image, { ...options, sizeOf });
    expect(asked).toEqual([{ width: 2, height: 4 }]);
    expect([width, height]).toEqual([2, 4]);
    // Turned right by 90 degrees, what was left is above.
    expect([...data.subarray(0, 8)]).toEqual([255, 255, 255, 255, 119, 119, 119, 119]);
  });

  it('lays alpha on white and takes grey, 16 bits and CMYK', async () => {
    const clear = await solid({ r: 255, g: 0, b: 0, alpha: 0 }, 4).png().toBuffer();
    expect([...(await prepareImage(clear, options)).data]).toEqual([255, 255, 255, 255, 255, 255]);
    const grey = await solid('#808080').toColourspace('b-w').png().toBuffer();
    expect([...(await prepareImage(grey, options)).data]).toEqual([128, 128, 128, 128, 128, 128]);
    const deep = await solid('#ff8000').toColourspace('rgb16').png().toBuffer();
    expect((await sharp(deep).metadata()).depth).toBe('ushort');
    const [r, , g, , b] = (await prepareImage(deep, options)).data;
    expect([r, b]).toEqual([255, 0]);
    expect(Math.abs((g ?? 0) - 128)).toBeLessThan(2);
    const print = await solid('#ff0000').toColourspace('cmyk').jpeg().toBuffer();
    expect((await sharp(print).metadata()).space).toBe('cmyk');
    const planes = (await prepareImage(print, options)).data;
    expect(planes[0]).toBeGreaterThan(200);
    expect(planes[2]).toBeLessThan(60);
  });

  it('refuses what is missing, broken or too large', async () => {
    const missing = join(tmpdir(), 'no-such-image.png');
    await expect(prepareImage(missing, options)).rejects.toMatchObject({
      code: 'label/missing-file',
      message: expect.stringContaining(missing) as string,
    });
    const whole = await sharp({
      create: {
        width: 64,
        height: 64,
        channels: 3,
        background: '#fff',
        noise: { type: 'gaussian', mean: 128, sigma: 40 },
      },
    })
      .jpeg()
      .toBuffer();
    const path = join(await mkdtemp(join(tmpdir(), 'fgam-image-')), 'cut.jpg');
    await writeFile(path, whole.subarray(0, whole.length / 2));
    await expect(prepareImage(path, options)).rejects.toMatchObject({ code: 'label/bad-image' });
    await expect(prepareImage(new Uint8Array(8), options)).rejects.toMatchObject({ code: 'label/bad-image' });
    await expect(prepareImage(whole, { ...options, maxPixels: 4095 })).rejects.toMatchObject({
      code: 'label/bad-image',
      message: expect.stringContaining('limit') as string,
    });
  });
});
