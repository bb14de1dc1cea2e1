import { mkdir, mkdtemp, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import { readImageFolder } from './read-image-folder.js';

let folder: string;

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'fgam-folder-')), 'images');
  await mkdir(join(folder, 'deep'), { recursive: true });
});

const draw = (name: string, width = 6, height = 4) =>
  sharp({ create: { width, height, channels: 3, background: '#a00' } }).toFile(join(folder, name));
const put = (name: string, content: string | Uint8Array) => writeFile(join(folder, name), content);
const lines = (name: string, ...values: unknown[]) =>
  put(name, values.map((value) => `${JSON.stringify(value)}\n`).join(''));
const read = (options: object = {}) => readImageFolder({ folder, ...options });

describe('readImageFolder', () => {
  it('finds every format in every folder, in one order, with its size', async () => {
    for (const name of ['b.jpg', 'B.png', 'deep/a.webp', 'deep/z.avif', 'c.gif', 'a.jpeg']) await draw(name);
    await put('notes.md', 'no image');
    await put('.hidden.jpg', 'no image');
    const { samples, skipped } = await read();
    expect(samples.map(({ id }) => id)).toEqual([
      'B.png',
      'a.jpeg',
      'b.jpg',
      'c.gif',
      'deep/a.webp',
      'deep/z.avif',
    ]);
    for (const { width, height, regions } of samples) expect([width, height, regions]).toEqual([6, 4, []]);
    expect(samples[0]).not.toHaveProperty('caption');
    expect(samples[4]?.image).toBe(join(folder, 'deep', 'a.webp'));
    expect(skipped).toEqual([]);
  });

  it('takes the first frame of a GIF', async () => {
    const frames = await Promise.all(
      ['#000', '#fff'].map((background) =>
        sharp({ create: { width: 5, height: 7, channels: 3, background } })
          .png()
          .toBuffer(),
      ),
    );
    await put(
      'a.gif',
      await sharp(frames, { join: { animated: true } })
        .gif()
        .toBuffer(),
    );
    expect((await read()).samples[0]).toMatchObject({ width: 5, height: 7 });
  });

  it('takes captions from lists, then from texts beside', async () => {
    for (const name of ['a.png', 'b.png', 'deep/c.png', 'deep/d.png', 'e.png']) await draw(name);
    await put('a.txt', 'text of a');
    await put('b.txt', ' text of b\n');
    await lines('metadata.jsonl', { file_name: 'a.png', text: 'line of a' });
    await lines('deep/captions.jsonl', { file_name: 'c.png', caption: 'line of c' });
    await lines('captions.jsonl', { file_name: './deep/d.png', text: 'line of d', more: 1 });
    const { samples, skipped } = await read();
    expect(samples.map(({ id, caption }) => [id, caption])).toEqual([
      ['a.png', 'line of a'],
      ['b.png', 'text of b'],
      ['deep/c.png', 'line of c'],
      ['deep/d.png', 'line of d'],
      ['e.png', undefined],
    ]);
    expect(skipped).toEqual([]);
  });

  it('leaves out what is broken, listed by reason', async () => {
    for (const name of ['good.png', 'cut.jpg', 'empty.png', 'latin.png', 'blank.png'])
      await draw(name, 60, 40);
    await draw('cut.jpg', 600, 400);
    await truncate(join(folder, 'cut.jpg'), 1500);
    await put('text.png', 'no image');
    await put('vector.png', '<svg xmlns="http://www.w3.org/2000/svg" width="3" height="3"/>');
    await put('empty.txt', '');
    await put('old.TIF', 'of another format');
    await put('latin.txt', Uint8Array.of(0x63, 0xe9));
    await lines(
      'metadata.jsonl',
      { file_name: 'good.png', text: 'good' },
      { file_name: 'good.png', text: 'again' },
      { file_name: 'gone.png', text: 'gone' },
      { file_name: 'cut.jpg' },
      { text: 'whose' },
      { file_name: 'blank.png', text: ' ' },
    );
    const { samples, skipped } = await read();
    expect(samples.map(({ id, caption }) => [id, caption])).toEqual([['good.png', 'good']]);
    expect(skipped.map(({ id, reason }) => [id, reason])).toEqual([
      ['old.TIF', 'bad-image'],
      ['good.png', 'duplicate-id'],
      ['gone.png', 'missing-image'],
      ['?', 'bad-record'],
      ['?', 'bad-record'],
      ['blank.png', 'no-text'],
      ['cut.jpg', 'bad-image'],
      ['empty.png', 'no-text'],
      ['latin.png', 'bad-text'],
      ['text.png', 'bad-image'],
      ['vector.png', 'bad-image'],
    ]);
    await expect(read({ maxSkips: 2 })).rejects.toMatchObject({ code: 'data/too-many-skips' });
    expect((await read({ check: 'header' })).samples.map(({ id }) => id)).toEqual(['cut.jpg', 'good.png']);
  });

  it('refuses links and names that lead out, and takes links that stay inside', async () => {
    await draw('a.png');
    await symlink(join(folder, 'a.png'), join(folder, 'b.png'));
    await symlink(folder, join(folder, 'deep', 'round'));
    expect((await read()).samples).toHaveLength(2);
    await draw('../out.png');
    await lines('metadata.jsonl', { file_name: '../out.png', text: 'out' });
    await expect(read()).rejects.toMatchObject({ code: 'data/path-escape' });
    await lines('metadata.jsonl', { file_name: join(folder, 'a.png'), text: 'absolute' });
    await expect(read()).rejects.toMatchObject({ code: 'data/path-escape' });
    await lines('metadata.jsonl', { file_name: 'a.png', text: 'inside' });
    await symlink(join(folder, '..', 'out.png'), join(folder, 'deep', 'c.png'));
    await expect(read()).rejects.toMatchObject({ code: 'data/path-escape' });
  });

  it('refuses texts that lead out, lists that are no JSON, and folders without images', async () => {
    await expect(read()).rejects.toMatchObject({ code: 'data/empty' });
    await put('a.png', 'no image');
    await expect(read()).rejects.toMatchObject({ code: 'data/empty' });
    await draw('a.png');
    await put('captions.jsonl', '{"file_name":');
    await expect(read()).rejects.toMatchObject({ code: 'data/bad-json' });
    await put('captions.jsonl', '');
    await put('../secret', 'secret');
    await symlink(join(folder, '..', 'secret'), join(folder, 'a.txt'));
    await expect(read()).rejects.toMatchObject({ code: 'data/path-escape' });
    await expect(read({ folder: join(folder, 'gone') })).rejects.toMatchObject({ code: 'data/missing-file' });
    await expect(read({ folder: 'https://a/b' })).rejects.toThrow(/nothing is fetched/);
    await expect(read({ signal: AbortSignal.abort() })).rejects.toThrow();
  });
});
