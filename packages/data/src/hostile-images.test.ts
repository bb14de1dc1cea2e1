import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from 'vitest';
import { buildShards } from './build-shards.js';
import { limitImagePixels } from './image-limit.js';
import { loadPixels, readImageSize } from './pixels.js';
import { readImageFolder } from './read-image-folder.js';
import { readShards } from './read-shards.js';

const SIZE = { width: 40, height: 20 };
const colour = (background: string) => sharp({ create: { ...SIZE, channels: 3, background } });

/** A PNG of 1 pixel whose header claims another size, with a right checksum. */
async function bomb(width: number, height: number): Promise<Buffer> {
  const png = Buffer.from(
    await sharp({ create: { width: 1, height: 1, channels: 3, background: '#fff' } })
      .png()
      .toBuffer(),
  );
  png.writeUInt32BE(width, 16);
  png.writeUInt32BE(height, 20);
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
  return png;
}

async function animation(format: 'gif' | 'webp'): Promise<Buffer> {
  const frames = await Promise.all(['#f00', '#0f0', '#00f'].map((one) => colour(one).raw().toBuffer()));
  const raw = { width: SIZE.width, height: 3 * SIZE.height, channels: 3, pageHeight: SIZE.height } as const;
  const all = sharp(Buffer.concat(frames), { raw });
  return format === 'gif' ? all.gif().toBuffer() : all.webp({ lossless: true }).toBuffer();
}

/** Images that other tools stumble over, and the colour of their first pixel. */
async function odd(): Promise<Readonly<Record<string, { readonly bytes: Buffer; readonly rgb: number[] }>>> {
  return {
    'cmyk.jpg': {
      bytes: await colour('#f00').toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer(),
      rgb: [255, 0, 0],
    },
    'sixteen-bit.png': {
      bytes: await colour('#f00').toColourspace('rgb16').png().toBuffer(),
      rgb: [255, 0, 0],
    },
    'grey.png': { bytes: await colour('#808080').greyscale().png().toBuffer(), rgb: [128, 128, 128] },
    'animated.gif': { bytes: await animation('gif'), rgb: [255, 0, 0] },
    'animated.webp': { bytes: await animation('webp'), rgb: [255, 0, 0] },
  };
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hostile-'));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => limitImagePixels());

describe('images of odd kinds', () => {
  it('are read as RGB of 8 bits, the first frame alone', async () => {
    for (const [name, { bytes, rgb }] of Object.entries(await odd())) {
      expect(await readImageSize(bytes), name).toEqual(SIZE);
      if (name === 'sixteen-bit.png') expect((await sharp(bytes).metadata()).depth).toBe('ushort');
      const pixels = await loadPixels(bytes, 4);
      expect(pixels, name).toHaveLength(48);
      // JPEG of CMYK without a profile: colours are near.
      rgb.forEach((value, i) => expect(Math.abs((pixels[i] ?? -99) - value), name).toBeLessThan(40));
    }
  });

  it('go into shards and come out of them', async () => {
    const place = join(folder, 'odd');
    const images = await odd();
    await mkdir(place);
    for (const [name, { bytes }] of Object.entries(images)) await writeFile(join(place, name), bytes);
    const { samples, skipped } = await readImageFolder({ folder: place });
    expect(skipped).toEqual([]);
    const out = join(folder, 'odd-shards');
    await buildShards({ samples, out, validation: 0 });
    const names: string[] = [];
    for await (const { sample, image } of readShards(out)) {
      names.push(sample.id);
      expect(await readImageSize(image), sample.id).toEqual(SIZE);
      expect((await sharp(image).metadata()).pages ?? 1, sample.id).toBe(1);
    }
    expect(names.sort()).toEqual(Object.keys(images).sort());
  });
});

describe('images that are too much', () => {
  it.each([
    [100_000, 100_000],
    [2_000_000_000, 1],
    [0, 10],
  ])('a header that claims %i x %i is refused', async (width, height) => {
    const bytes = await bomb(width, height);
    await expect(readImageSize(bytes)).rejects.toMatchObject({ code: 'data/bad-image' });
    await expect(loadPixels(bytes, 8)).rejects.toMatchObject({ code: 'data/bad-image' });
  });

  it('the limit can be set, and holds for headers and pixels', async () => {
    const bytes = await colour('#fff').jpeg().toBuffer();
    limitImagePixels(SIZE.width * SIZE.height);
    expect(await readImageSize(bytes)).toEqual(SIZE);
    limitImagePixels(SIZE.width * SIZE.height - 1);
    await expect(readImageSize(bytes)).rejects.toMatchObject({ code: 'data/bad-image' });
    await expect(loadPixels(bytes, 8)).rejects.toMatchObject({ code: 'data/bad-image' });
    for (const most of [0, 1.5, Number.NaN])
      expect(() => limitImagePixels(most)).toThrow(/whole number from 1/);
  });

  it('a PNG whose data unpacks to more than its size is not unpacked', async () => {
    const chunk = (type: string, data: Uint8Array): Buffer => {
      const body = Buffer.concat([Buffer.from(type), data]);
      const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
      length.writeUInt32BE(data.length);
      sum.writeUInt32BE(crc32(body));
      return Buffer.concat([length, body, sum]);
    };
    const header = Buffer.from([0, 0, 0, 8, 0, 0, 0, 8, 8, 2, 0, 0, 0]);
    const bytes = Buffer.concat([
      Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
      chunk('IHDR', header),
      chunk('IDAT', deflateSync(Buffer.alloc(50_000_000))),
      chunk('IEND', Buffer.alloc(0)),
    ]);
    const before = process.memoryUsage().arrayBuffers;
    await loadPixels(bytes, 8).catch(() => undefined);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
  });
});

test('broken images are listed by a reader, whole ones kept', async () => {
  const place = join(folder, 'broken');
  await mkdir(place);
  const [jpeg, png] = [await colour('#f00').jpeg().toBuffer(), await colour('#f00').png().toBuffer()];
  const files = {
    'bomb.png': await bomb(100_000, 100_000),
    'empty.jpg': Buffer.alloc(0),
    'half.jpg': jpeg.subarray(0, jpeg.length / 2),
    'half.png': png.subarray(0, png.length - 20),
    'page.html.jpg': Buffer.from('<!doctype html><title>404</title>'),
    'whole.jpg': jpeg,
  };
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(place, name), bytes);
  const { samples, skipped } = await readImageFolder({ folder: place });
  expect(samples.map(({ id }) => id)).toEqual(['whole.jpg']);
  expect(skipped.map(({ id, reason }) => [id, reason]).sort()).toEqual(
    ['bomb.png', 'empty.jpg', 'half.jpg', 'half.png', 'page.html.jpg'].map((id) => [id, 'bad-image']),
  );
});
