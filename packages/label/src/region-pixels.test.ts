import { limitImagePixels } from '@fgam/data';
import sharp from 'sharp';
import { afterEach, describe, expect, it } from 'vitest';
import { openRegionCrops } from './describer/region-crops.js';
import { openRegionPixels } from './region-pixels.js';

const RAMP = Uint8Array.from({ length: 8 * 4 * 3 }, (_, i) => i);
const ramp = () => sharp(RAMP, { raw: { width: 8, height: 4, channels: 3 } });

afterEach(() => limitImagePixels());

describe('openRegionPixels', () => {
  it('cuts boxes and their margins out of the photo, in whole pixels', async () => {
    const { crop } = await openRegionPixels(await ramp().png().toBuffer());
    expect(await crop()).toMatchObject({ width: 8, height: 4, data: RAMP });
    const box = { x0: 0.25, y0: 0.5, x1: 0.5, y1: 0.75 };
    const inside = await crop(box);
    expect(inside).toMatchObject({ width: 2, height: 1 });
    // Row 2, columns 2 and 3.
    expect([...inside.data]).toEqual([54, 55, 56, 57, 58, 59]);
    expect(await crop(box, 0.5)).toMatchObject({ width: 4, height: 3 });
    expect(await crop({ x0: 1, y0: 1, x1: 1, y1: 1 })).toMatchObject({ width: 1, height: 1 });
  });

  it('takes an edge for the whole pixel that it is on', async () => {
    const create = { width: 100, height: 100, channels: 3, background: '#fff' } as const;
    const { crop } = await openRegionPixels(await sharp({ create }).png().toBuffer());
    for (let edge = 1; edge < 99; edge += 1) {
      const box = { x0: edge / 100, y0: 0, x1: (edge + 1) / 100, y1: edge / 100 };
      expect(await crop(box)).toMatchObject({ width: 1, height: edge });
    }
  });

  it('turns by EXIF orientation and lays alpha on white', async () => {
    const turned = await openRegionPixels(
      await ramp().withMetadata({ orientation: 6 }).jpeg({ quality: 95 }).toBuffer(),
    );
    expect(await turned.crop()).toMatchObject({ width: 4, height: 8 });
    const background = { r: 9, g: 9, b: 9, alpha: 0 };
    const clear = sharp({ create: { width: 1, height: 1, channels: 4, background } });
    const { crop } = await openRegionPixels(await clear.png().toBuffer());
    expect([...(await crop()).data]).toEqual([255, 255, 255]);
  });

  it('refuses what is larger than the limit of pixels, and so do the pictures made of it', async () => {
    const png = await ramp().png().toBuffer();
    const box = { x0: 0, y0: 0, x1: 1, y1: 1 };
    const pictureOf = async () => (await openRegionCrops(png, 8)).dataUrl(box);
    limitImagePixels(31);
    const refused = { code: 'label/bad-image', message: expect.stringContaining('pixel limit') as string };
    await expect((await openRegionPixels(png)).crop(box)).rejects.toMatchObject(refused);
    await expect(pictureOf()).rejects.toMatchObject(refused);
    limitImagePixels(32);
    expect((await (await openRegionPixels(png)).crop(box)).data).toHaveLength(96);
    expect(await pictureOf()).toMatch(/^data:image\/jpeg;base64,/);
  });
});
