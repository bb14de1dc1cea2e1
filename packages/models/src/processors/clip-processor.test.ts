import { limitImagePixels } from '@fgam/data';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { channelsLast, imagesOf, readTinyCheckpoint } from '../families/tiny-checkpoint.test-support.js';
import { maxDifference } from '../test-support.js';
import { createClipProcessor } from './clip-processor.js';

const plain = { image_mean: [0, 0, 0], image_std: [1, 1, 1], rescale_factor: 1 };

/** An image whose red is the column and whose green is the row. */
async function ramp(width: number, height: number): Promise<Uint8Array> {
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const at = Math.floor(i / 3);
    return [at % width, Math.floor(at / width), 200][i % 3] ?? 0;
  });
  const png = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  return new Uint8Array(png);
}

async function reds(settings: object, size: number, image: Uint8Array): Promise<number[]> {
  const { pixels } = await createClipProcessor({ ...plain, ...settings }, size).prepare(image);
  return [...(pixels?.data ?? [])].filter((_, i) => i % 3 === 0);
}

describe('createClipProcessor', () => {
  it.each(['first', 'middle', 'two'])('gives what transformers gives: %s', async (name) => {
    const tiny = await readTinyCheckpoint('tiny-llava');
    const settings = { size: { shortest_edge: 42 }, crop_size: { height: 42, width: 42 } };
    const processor = createClipProcessor(settings, 42);
    const wanted = tiny.tensors[`${name}/pixel_values`];
    const each = tiny.cases[name];
    if (wanted === undefined || each === undefined) throw new Error('no pixels');
    for (const [row, image] of imagesOf(tiny, each).entries()) {
      const { pixels } = await processor.prepare(image);
      expect(pixels?.shape).toEqual([1, 42, 42, 3]);
      expect(maxDifference(pixels?.data ?? [], channelsLast(wanted, row).data)).toBeLessThan(1e-6);
    }
  });

  it('cuts the centre, rounded down, and puts black around what is smaller', async () => {
    const settings = { do_resize: false, crop_size: 2 };
    expect(await reds(settings, 2, await ramp(5, 2))).toEqual([1, 2, 1, 2]);
    // 1 x 3 in 2 x 2: one column of black before it, rows 0 and 1.
    expect(await reds(settings, 2, await ramp(1, 3))).toEqual([0, 0, 0, 0]);
    const { pixels } = await createClipProcessor({ ...plain, ...settings }, 2).prepare(await ramp(1, 3));
    expect([...(pixels?.data ?? [])].filter((_, i) => i % 3 === 2)).toEqual([0, 200, 0, 200]);
  });

  it('pads to a square in the colour of the mean, as LLaVA does', async () => {
    const settings = {
      do_pad: true,
      do_resize: false,
      crop_size: 4,
      do_normalize: false,
      image_mean: [0.5, 0.25, 0],
    };
    const image = await ramp(4, 2);
    // round towards zero: 0.5 * 255 = 127.5 -> 127
    expect(await reds(settings, 4, image)).toEqual([
      ...[127, 127, 127, 127],
      ...[0, 1, 2, 3],
      ...[0, 1, 2, 3],
      ...[127, 127, 127, 127],
    ]);
  });

  it('refuses an image beyond the limit of pixels', async () => {
    const settings = { do_resize: false, crop_size: 2 };
    const image = await ramp(4, 2);
    limitImagePixels(7);
    try {
      await expect(reds(settings, 2, image)).rejects.toMatchObject({ code: 'data/bad-image' });
    } finally {
      limitImagePixels();
    }
    expect(await reds(settings, 2, image)).toHaveLength(4);
  });

  it('refuses a thin image that would be huge once padded or resized', async () => {
    const thin = await sharp({ create: { width: 1, height: 60_000, channels: 3, background: '#fff' } })
      .png()
      .toBuffer();
    const settings = { size: { shortest_edge: 2 }, crop_size: 2 };
    await expect(reds({ ...settings, do_pad: true }, 2, thin)).rejects.toThrow(
      'at most 100000000 pixels once padded to a square, got 1 x 60000, which becomes 60000 x 60000',
    );
    const wide = { size: { shortest_edge: 224 }, crop_size: 224 };
    await expect(reds(wide, 224, thin)).rejects.toThrow('once resized, got 1 x 60000');
    expect(await reds(settings, 2, thin)).toEqual([255, 255, 255, 255]);
  });

  it('leaves alpha away and turns images as their camera was held', async () => {
    const grey = await sharp({
      create: { width: 2, height: 2, channels: 4, background: { r: 9, g: 9, b: 9, alpha: 0 } },
    })
      .png()
      .toBuffer();
    expect(await reds({ do_resize: false, crop_size: 2 }, 2, grey)).toEqual([9, 9, 9, 9]);
    const turned = await sharp(await ramp(2, 2))
      .withMetadata({ orientation: 6 })
      .png()
      .toBuffer();
    expect(await reds({ do_resize: false, crop_size: 2 }, 2, await ramp(2, 2))).toEqual([0, 1, 0, 1]);
    expect(await reds({ do_resize: false, crop_size: 2 }, 2, turned)).toEqual([0, 0, 1, 1]);
  });

  it('names what it can not do', async () => {
    const refuse =
      (json: object, size = 42) =>
      () =>
        createClipProcessor(json, size);
    expect(refuse({ resample: 9, image_mean: [1], size: -1 })).toThrow(/found 3 fault\(s\)/);
    expect(refuse({ crop_size: 24 })).toThrow(/expected images of 42 x 42 .* got 24 x 24/);
    expect(refuse({ do_center_crop: false })).toThrow(/keep their own shape/);
    await expect(createClipProcessor({}, 224).prepare(new Uint8Array(3))).rejects.toThrow(
      /expected a whole image/,
    );
  });
});
