import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { imageDataUri } from './image-data-uri.js';
import { imageBytes } from './image-uri.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'uri-'));
});
afterAll(() => rm(folder, { recursive: true }));

const picture = sharp({ create: { width: 5, height: 4, channels: 3, background: '#a02' } });

it.each(['png', 'jpeg', 'webp', 'gif'] as const)(
  'holds the bytes of %s, whatever the name says',
  async (format) => {
    const bytes = await picture.clone().toFormat(format).toBuffer();
    const path = join(folder, `${format}.bin`);
    await writeFile(path, bytes);
    const uri = await imageDataUri(path);
    expect(uri.startsWith(`data:image/${format};base64,`)).toBe(true);
    expect(imageBytes(uri).equals(bytes)).toBe(true);
    expect(await imageDataUri(new Uint8Array(bytes))).toBe(uri);
  },
);

it('takes the view of the bytes, not the memory that they lie in', async () => {
  const bytes = await picture.clone().png().toBuffer();
  const memory = new Uint8Array(bytes.length + 20).fill(7);
  memory.set(bytes, 10);
  expect(await imageDataUri(memory.subarray(10, 10 + bytes.length))).toBe(await imageDataUri(bytes));
});

it('refuses what no endpoint takes', async () => {
  const svg = join(folder, 'drawing.png');
  await writeFile(svg, '<svg xmlns="http://www.w3.org/2000/svg"/>');
  await expect(imageDataUri(svg)).rejects.toMatchObject({ code: 'data/bad-image' });
  await expect(imageDataUri(join(folder, 'none.png'))).rejects.toMatchObject({ code: 'data/missing-file' });
});
