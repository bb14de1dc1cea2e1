import { createWriteStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { type Header, pack } from 'tar-stream';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildShards } from './build-shards.js';
import { type ReadLaionOptions, readLaion } from './read-laion.js';
import { type ReadWebDatasetOptions, readWebDataset, type WebDatasetSample } from './read-web-dataset.js';
import type { RegionSample } from './records.js';
import { countSkips, type Skip } from './skips.js';

type Entry = readonly [name: string | (Partial<Header> & { name: string }), content?: string | Uint8Array];

let folder: string;
let tar: string;
let skipped: Skip[];
let photo: Buffer;

const picture = (width: number, height: number, red: number) =>
  sharp({ create: { width, height, channels: 3, background: { r: red, g: 9, b: 9 } } });

beforeAll(async () => {
  photo = await picture(32, 16, 200).jpeg().toBuffer();
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-laion-'));
  tar = join(folder, '00000.tar');
  skipped = [];
});

async function write(entries: readonly Entry[], path = tar): Promise<void> {
  const packed = pack();
  for (const [header, content = ''] of entries)
    packed.entry(typeof header === 'string' ? { name: header } : header, Buffer.from(content));
  packed.finalize();
  await pipeline(packed, createWriteStream(path));
}

/** Ends a tar like a whole one, but not at a block. */
const cutInside = async (path: string) =>
  writeFile(path, Buffer.concat([(await readFile(path)).subarray(0, 600), Buffer.alloc(1024)]));

/** The three files of a key, as img2dataset writes them. */
const key = (name: string, image: Uint8Array, caption: string, more: object = {}): Entry[] => [
  [`${name}.jpg`, image],
  [`${name}.json`, JSON.stringify({ caption, url: `http://a/${name}.jpg`, key: name, ...more })],
  [`${name}.txt`, caption],
];

const onSkip = (skip: Skip) => skipped.push(skip);

async function stream(options: Partial<ReadWebDatasetOptions> = {}): Promise<WebDatasetSample[]> {
  const samples: WebDatasetSample[] = [];
  for await (const sample of readWebDataset({ tars: [tar], onSkip, ...options })) samples.push(sample);
  return samples;
}

async function extract(options: Partial<ReadLaionOptions> = {}): Promise<RegionSample[]> {
  const samples: RegionSample[] = [];
  for await (const sample of readLaion({ tars: [tar], images: join(folder, 'images'), onSkip, ...options }))
    samples.push(sample);
  return samples;
}

describe('readWebDataset', () => {
  it('streams keys with image, caption and metadata, plain or gzip', async () => {
    await write([
      ...key('000000000', photo, 'a red field', { similarity: 0.3 }),
      ...key('000000001', photo, 'é'),
    ]);
    const samples = await stream();
    expect(samples.map(({ id, caption }) => [id, caption])).toEqual([
      ['000000000', 'a red field'],
      ['000000001', 'é'],
    ]);
    const [first] = samples;
    expect(first).toMatchObject({ tar, extension: 'jpg', width: 32, height: 16 });
    expect(first?.metadata).toMatchObject({ similarity: 0.3, url: 'http://a/000000000.jpg' });
    expect(Buffer.from(first?.image ?? []).equals(photo)).toBe(true);
    const zipped = join(folder, '0.tar.gz');
    await writeFile(zipped, gzipSync(await readFile(tar)));
    expect(await stream({ tars: [zipped] })).toEqual(samples.map((sample) => ({ ...sample, tar: zipped })));
    expect(skipped).toEqual([]);
  });

  it('knows an image’s format by its bytes and takes its first frame', async () => {
    const frames = [picture(5, 4, 1), picture(5, 4, 2)].map((frame) => frame.png().toBuffer());
    const gif = await sharp(await Promise.all(frames), { join: { animated: true } })
      .gif()
      .toBuffer();
    await write([
      ['a/b.c.png', 'another file of the key a/b'],
      ['a/b.JPG', await picture(4, 3, 5).webp().toBuffer()],
      ['a/b.txt', 'webp'],
      ['g.gif', gif],
      ['g.json', '{"caption":"gif"}'],
      ['h.avif', await picture(16, 16, 5).avif().toBuffer()],
      ['h.txt', 'avif'],
    ]);
    expect(
      (await stream()).map(({ id, extension, caption, width, height }) => [
        id,
        extension,
        caption,
        width,
        height,
      ]),
    ).toEqual([
      ['a/b', 'webp', 'webp', 4, 3],
      ['g', 'gif', 'gif', 5, 4],
      ['h', 'avif', 'avif', 16, 16],
    ]);
  });

  it.each<readonly [string, string, () => readonly Entry[]]>([
    ['missing-image', 'no image', () => [['x.txt', 'text']]],
    [
      'missing-image',
      'an image of an unknown extension',
      () => [
        ['x.bmp', photo],
        ['x.txt', 't'],
      ],
    ],
    ['no-text', 'no text', () => [['x.jpg', photo]]],
    [
      'no-text',
      'an empty text',
      () => [
        ['x.jpg', photo],
        ['x.txt', ' \n'],
      ],
    ],
    [
      'bad-text',
      'a text that is not UTF-8',
      () => [
        ['x.jpg', photo],
        ['x.txt', Uint8Array.of(0x61, 0xff)],
      ],
    ],
    [
      'bad-text',
      'JSON that is not UTF-8',
      () => [
        ['x.jpg', photo],
        ['x.json', Uint8Array.of(0x22, 0xff, 0x22)],
      ],
    ],
    [
      'bad-record',
      'broken JSON',
      () => [
        ['x.jpg', photo],
        ['x.txt', 't'],
        ['x.json', '{"a":'],
      ],
    ],
    [
      'bad-record',
      'JSON that is a list',
      () => [
        ['x.jpg', photo],
        ['x.txt', 't'],
        ['x.json', '[]'],
      ],
    ],
    [
      'bad-image',
      'a truncated image',
      () => [
        ['x.jpg', photo.subarray(0, photo.length - 60)],
        ['x.txt', 't'],
      ],
    ],
    [
      'bad-image',
      'no image at all',
      () => [
        ['x.jpg', 'no image'],
        ['x.txt', 't'],
      ],
    ],
    [
      'bad-image',
      'an empty image',
      () => [
        ['x.jpg', ''],
        ['x.txt', 't'],
      ],
    ],
    [
      'bad-image',
      'an SVG',
      () => [
        ['x.jpg', '<svg xmlns="http://www.w3.org/2000/svg" width="3" height="3"/>'],
        ['x.txt', 't'],
      ],
    ],
    [
      'too-large',
      'an entry above the limit',
      () => [
        ['x.jpg', new Uint8Array(5000)],
        ['x.txt', 't'],
      ],
    ],
    ['unsafe-entry', 'a name with ..', () => [['../x.jpg', photo]]],
    [
      'unsafe-entry',
      'a name with .. inside',
      () => [
        ['a/../../x.jpg', photo],
        ['a/../../x.txt', 't'],
      ],
    ],
    ['unsafe-entry', 'an absolute name', () => [['/tmp/x.jpg', photo]]],
    ['unsafe-entry', 'a Windows name', () => [['C:\\x.jpg', photo]]],
    [
      'unsafe-entry',
      'a symbolic link',
      () => [[{ name: 'x.jpg', type: 'symlink', linkname: '/etc/passwd' }], ['x.txt', 't']],
    ],
    [
      'unsafe-entry',
      'a hard link',
      () => [[{ name: 'x.jpg', type: 'link', linkname: 'good.jpg' }], ['x.txt', 't']],
    ],
    ['unsafe-entry', 'a device', () => [[{ name: 'x.jpg', type: 'character-device' }], ['x.txt', 't']]],
    [
      'duplicate-id',
      'an entry twice',
      () => [
        ['x.jpg', photo],
        ['x.jpg', photo],
        ['x.txt', 't'],
      ],
    ],
  ])('leaves a key out as %s: %s', async (reason, _, entries) => {
    await write([...entries(), ...key('good', photo, 'good')]);
    const samples = await stream({ maxEntryBytes: 4000 });
    expect(skipped.map((skip) => skip.reason)).toEqual([reason]);
    expect(skipped[0]).toMatchObject({ file: tar });
    expect(samples.map(({ id }) => id)).toEqual(['good']);
    expect(await readdir(folder)).toEqual(['00000.tar']);
  });

  it('leaves out the second of a key that is not in one place', async () => {
    await write([...key('x', photo, 'first'), ...key('y', photo, 'other'), ...key('x', photo, 'second')]);
    expect((await stream()).map(({ caption }) => caption)).toEqual(['first', 'other']);
    expect(countSkips(skipped)).toEqual({ 'duplicate-id': 1 });
  });

  it('takes images without a text where captions are optional', async () => {
    await write([
      ['x.jpg', photo],
      ['dir/', ''],
      ['.hidden.jpg', 'x'],
      ['README', 'x'],
    ]);
    const [sample] = await stream({ captions: 'optional' });
    expect(sample).toMatchObject({ id: 'x', metadata: {} });
    expect(sample).not.toHaveProperty('caption');
    expect(skipped).toEqual([]);
  });

  it.each([
    ['gone', () => rm(tar), 'data/missing-file'],
    ['empty', () => truncate(tar, 0), 'data/bad-tar'],
    ['cut off in an image', () => truncate(tar, 600), 'data/bad-tar'],
    ['cut off in a header', () => truncate(tar, 1600), 'data/bad-tar'],
    ['cut off between two entries', () => truncate(tar, 2048), 'data/bad-tar'],
    ['cut off in an image, with an end', () => cutInside(tar), 'data/bad-tar'],
    ['no tar', () => writeFile(tar, 'no tar '.repeat(300)), 'data/bad-tar'],
    ['no gzip', () => writeFile(tar, Uint8Array.of(0x1f, 0x8b, 1, 2, 3)), 'data/bad-tar'],
  ])('refuses a tar that is %s', async (_, harm, code) => {
    await write([...key('x', photo, 'text'), ...key('y', photo, 'text')]);
    await harm();
    await expect(stream()).rejects.toMatchObject({ code });
  });

  it('refuses addresses and limits that are none, and lets a reader stop early', async () => {
    await expect(stream({ tars: ['s3://bucket/0.tar'] })).rejects.toMatchObject({ code: 'data/bad-config' });
    await write(Array.from({ length: 40 }, (_, i) => key(`${i}`, photo, 'text')).flat());
    await expect(stream({ maxEntryBytes: 0 })).rejects.toMatchObject({ code: 'data/bad-config' });
    for await (const { id } of readWebDataset({ tars: [tar], onSkip })) {
      expect(id).toBe('0');
      break;
    }
  });
});

describe('readLaion', () => {
  it('takes images out once and yields samples that go into shards', async () => {
    const other = await picture(20, 20, 10).png().toBuffer();
    await write([
      ...key('000', photo, 'red'),
      ...key('001', other, 'dark'),
      ...key('002', photo, 'red again'),
    ]);
    const reused: boolean[] = [];
    const onProgress: ReadLaionOptions['onProgress'] = (done) => reused.push(done.reused);
    const samples = await extract({ onProgress });
    expect(samples.map(({ id, caption, width, height }) => [id, caption, width, height])).toEqual([
      ['000', 'red', 32, 16],
      ['001', 'dark', 20, 20],
      ['002', 'red again', 32, 16],
    ]);
    expect(samples[0]?.image).toBe(samples[2]?.image);
    expect(await readFile(samples[1]?.image ?? '')).toEqual(other);
    expect(samples[1]?.image.endsWith('.png')).toBe(true);
    const { mtimeMs } = await stat(samples[0]?.image ?? '');
    expect(await extract({ onProgress })).toEqual(samples);
    expect(reused).toEqual([false, true]);

    await rm(samples[1]?.image ?? '');
    expect(await extract({ onProgress })).toEqual(samples);
    expect(reused).toEqual([false, true, false]);
    expect((await stat(samples[0]?.image ?? '')).mtimeMs).toBe(mtimeMs);
    expect((await stat(samples[1]?.image ?? '')).size).toBe(other.length);

    const manifest = await buildShards({
      samples: readLaion({ tars: [tar], images: join(folder, 'images'), onSkip }),
      out: join(folder, 'shards'),
    });
    expect(manifest).toMatchObject({ samples: 3, regions: 0, skipped: 0 });
  });

  it('filters by the image’s own size and the metadata, without taking out again', async () => {
    await write([
      ...key('000', photo, 'red', { SIMILARITY: 0.4, width: 9, height: 9, NSFW: 'UNLIKELY' }),
      ...key('001', photo, 'red', { similarity: 0.2, NSFW: 'UNLIKELY' }),
      ...key('002', photo, 'red', { url: 'http://a/000.jpg', similarity: 0.5, NSFW: 'UNLIKELY' }),
      ...key('003', photo, 'red', { NSFW: 'UNLIKELY' }),
      ...key('004', photo, 'red', { similarity: 0.5, NSFW: 'NSFW' }),
      ['005.jpg', 'no image'],
      ['005.txt', 'none'],
    ]);
    const samples = await extract({ minSide: 16, minSimilarity: 0.3, nsfw: ['UNLIKELY'] });
    expect(samples.map(({ id }) => id)).toEqual(['000']);
    expect(skipped.map(({ id, reason }) => [id, reason])).toEqual([
      ['005', 'bad-image'],
      ['001', 'low-similarity'],
      ['002', 'duplicate-url'],
      ['003', 'bad-record'],
      ['004', 'nsfw'],
    ]);
    const reused: boolean[] = [];
    await expect(
      extract({ minSide: 17, onProgress: (done) => reused.push(done.reused) }),
    ).rejects.toMatchObject({ code: 'data/empty' });
    expect(reused).toEqual([true]);
  });

  it('reads a changed tar again, and one whose record is broken', async () => {
    await write(key('000', photo, 'red'));
    await extract();
    await write(key('000', photo, 'dark'));
    await utimes(tar, 1, 1);
    expect((await extract())[0]?.caption).toBe('dark');
    const records = join(folder, 'images', 'tars');
    for (const name of await readdir(records)) await writeFile(join(records, name), '{"format":');
    expect((await extract())[0]?.caption).toBe('dark');
    for (const name of await readdir(records)) await writeFile(join(records, name), '{}');
    expect((await extract())[0]?.caption).toBe('dark');
  });

  it('continues after a tar that is cut off has been replaced', async () => {
    await write([
      ...key('000', photo, 'red'),
      ...key('001', await picture(8, 8, 3).png().toBuffer(), 'dark'),
    ]);
    const { size } = await stat(tar);
    const whole = await readFile(tar);
    // Cut off where its length no longer fits, after the first key.
    await writeFile(tar, Buffer.concat([whole.subarray(0, size - 2300), Buffer.alloc(1024)]));
    await expect(extract()).rejects.toMatchObject({ code: 'data/bad-tar' });
    await writeFile(tar, whole);
    expect(await extract()).toHaveLength(2);
  });

  it('leaves out a key that another tar has', async () => {
    const second = join(folder, '00001.tar');
    await write(key('000', photo, 'red'));
    await write([...key('000', photo, 'dark', { url: 'u' }), ...key('001', photo, 'dark')], second);
    expect((await extract({ tars: [tar, second] })).map(({ id }) => id)).toEqual(['000', '001']);
    expect(skipped).toMatchObject([{ file: second, id: '000', reason: 'duplicate-id' }]);
  });

  it('refuses what is not there, addresses, and a folder it can’t write', async () => {
    await expect(extract()).rejects.toMatchObject({ code: 'data/missing-file' });
    await expect(extract({ tars: ['https://a/0.tar'] })).rejects.toThrow(/nothing is fetched/);
    await write(key('000', photo, 'red'));
    await expect(extract({ images: join(tar, 'images') })).rejects.toMatchObject({
      code: 'data/not-writable',
    });
  });
});
