import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { imagesOf, preparedImage, readTinyCheckpoint } from '../families/tiny-checkpoint.test-support.js';
import { maxDifference } from '../test-support.js';
import { createQwen2VlProcessor } from './qwen2-vl-processor.js';

const tower = { patch_size: 14, temporal_patch_size: 2, spatial_merge_size: 2 };

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

describe('createQwen2VlProcessor', () => {
  it.each([
    ['first', [2, 3]],
    ['middle', [2, 1]],
    ['two', [2, 1]],
  ])('gives what transformers gives: %s', async (name, grid) => {
    const tiny = await readTinyCheckpoint('tiny-qwen2-vl');
    const each = tiny.cases[name];
    if (each === undefined) throw new Error('no such case');
    // The two spellings of the same limits.
    for (const limits of [
      { size: { shortest_edge: 1568, longest_edge: 6272 } },
      { min_pixels: 1568, max_pixels: 6272, size: { shortest_edge: 1, longest_edge: 2 } },
    ]) {
      const processor = createQwen2VlProcessor(limits, tower);
      for (const [row, image] of imagesOf(tiny, each).entries()) {
        const [found, wanted] = [await processor.prepare(image), preparedImage(tiny, name, row)];
        expect(found['patches']?.shape).toEqual(wanted['patches']?.shape);
        if (row === 0) expect(found['patches']?.shape).toEqual([1, ...grid, 4, 1176]);
        expect(maxDifference(found['patches']?.data ?? [], wanted['patches']?.data ?? [])).toBeLessThan(1e-6);
      }
    }
  });

  it('puts patches square by square, each channel by channel, frame by frame', async () => {
    const settings = {
      do_resize: false,
      do_rescale: false,
      do_normalize: false,
      patch_size: 1,
      temporal_patch_size: 3,
    };
    const small = { patch_size: 1, temporal_patch_size: 3, spatial_merge_size: 2 };
    const { patches } = await createQwen2VlProcessor(settings, small).prepare(await ramp(4, 2));
    expect(patches?.shape).toEqual([1, 1, 2, 4, 9]);
    const frames = (x: number, y: number) => [x, x, x, y, y, y, 200, 200, 200];
    expect([...(patches?.data ?? [])]).toEqual([
      ...[...frames(0, 0), ...frames(1, 0), ...frames(0, 1), ...frames(1, 1)],
      ...[...frames(2, 0), ...frames(3, 0), ...frames(2, 1), ...frames(3, 1)],
    ]);
  });

  it('names what it can not do', async () => {
    const refuse = (json: object) => () => createQwen2VlProcessor(json, tower);
    expect(refuse({ resample: 9, image_mean: [1], min_pixels: -1 })).toThrow(/found 3 fault\(s\)/);
    expect(refuse({ patch_size: 16, merge_size: 1, size: {} })).toThrow(
      /found 4 fault\(s\)[^]*shortest_edge[^]*longest_edge[^]*patch_size: expected 14 [^]*merge_size: expected 2 as vision_config.spatial_merge_size/,
    );
    expect(refuse({ min_pixels: 9, max_pixels: 8 })).toThrow(/at least 9 pixels .* at most 8/);
    const still = createQwen2VlProcessor({ do_resize: false }, tower);
    await expect(still.prepare(await ramp(56, 30))).rejects.toThrow(/multiples of 28 .* got 56 x 30/);
    await expect(still.prepare(new Uint8Array(3))).rejects.toThrow(/expected a whole image/);
  });
});
