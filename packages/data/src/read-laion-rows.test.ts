import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ColumnSource, parquetWriteFile } from 'hyparquet-writer';
import { beforeEach, describe, expect, it } from 'vitest';
import { type LaionRow, type ReadLaionRowsOptions, readLaionRows } from './read-laion-rows.js';
import { countSkips, type Skip } from './skips.js';

let folder: string;
let file: string;
let skipped: Skip[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-laion-rows-'));
  file = join(folder, 'part-0.parquet');
  skipped = [];
});

const write = (columnData: ColumnSource[], rowGroupSize = 2) =>
  parquetWriteFile({ filename: file, columnData, rowGroupSize });

async function read(options: Partial<ReadLaionRowsOptions> = {}): Promise<LaionRow[]> {
  const rows: LaionRow[] = [];
  for await (const row of readLaionRows({ files: [file], onSkip: (skip) => skipped.push(skip), ...options }))
    rows.push(row);
  return rows;
}

/** LAION-400M's columns and types. */
const whole = (): ColumnSource[] => [
  { name: 'SAMPLE_ID', data: [11n, 12n, 13n, 14n, 15n], type: 'INT64' },
  { name: 'URL', data: [1, 2, 3, 4, 5].map((i) => `http://a/${i}.jpg`), type: 'STRING' },
  { name: 'TEXT', data: ['one cat', 'two cats', 'three cats', 'four cats', 'five cats'], type: 'STRING' },
  { name: 'HEIGHT', data: [100, 200, 300, 400, 500], type: 'INT32' },
  { name: 'WIDTH', data: [500, 200, 300, 400, 500], type: 'INT32' },
  { name: 'LICENSE', data: ['?', '?', null, '?', '?'], type: 'STRING' },
  { name: 'NSFW', data: ['UNLIKELY', 'NSFW', 'UNLIKELY', 'UNSURE', 'UNLIKELY'], type: 'STRING' },
  { name: 'similarity', data: [0.3, 0.31, 0.32, 0.33, 0.34], type: 'DOUBLE' },
  { name: 'other', data: [1, 2, 3, 4, 5], type: 'INT32' },
];

describe('readLaionRows', () => {
  it('reads every column of the list, row group by row group', async () => {
    write(whole());
    const groups: number[] = [];
    const rows = await read({ onProgress: (_, done) => groups.push(done) });
    expect(rows).toHaveLength(5);
    expect(rows[0]).toEqual({
      id: '11',
      url: 'http://a/1.jpg',
      caption: 'one cat',
      width: 500,
      height: 100,
      similarity: 0.3,
      license: '?',
      nsfw: 'UNLIKELY',
      file,
      row: 0,
    });
    expect(rows[2]).not.toHaveProperty('license');
    expect(groups).toEqual([2, 4, 5]);
    expect(skipped).toEqual([]);
  });

  it('filters, and lists what it leaves out', async () => {
    write(whole());
    const rows = await read({
      maxAspect: 2,
      minSide: 250,
      minSimilarity: 0.325,
      nsfw: ['UNLIKELY', 'UNSURE'],
      maxCaption: 9,
    });
    expect(rows.map(({ id }) => id)).toEqual(['14', '15']);
    expect(skipped.map(({ id, reason }) => [id, reason])).toEqual([
      ['11', 'small-image'],
      ['12', 'small-image'],
      ['13', 'caption-length'],
    ]);
  });

  it('reads a list of addresses and texts alone, in small letters', async () => {
    write([
      { name: 'url', data: ['u1', 'u2'], type: 'STRING' },
      { name: 'caption', data: ['one', 'two'], type: 'STRING' },
    ]);
    expect((await read()).map(({ id }) => id)).toEqual(['part-0.parquet:0', 'part-0.parquet:1']);
    await expect(read({ minSimilarity: 0.3 })).rejects.toMatchObject({ code: 'data/bad-config' });
    await expect(read({ minSide: 3 })).rejects.toThrow(/no width, height among url, caption/);
  });

  it('leaves out duplicates across files, missing values and what is no text', async () => {
    write([
      { name: 'URL', data: ['a', 'a', null, 'b', 'c', 'd', 'e', ' '], type: 'STRING' },
      { name: 'TEXT', data: ['1', '2', '3', null, ' ', '\uFFFDx', '7', '8'], type: 'STRING' },
      {
        name: 'WIDTH',
        data: [9, 9, 9, 9, 9, 9, Number.POSITIVE_INFINITY, Number.NaN],
        type: 'DOUBLE',
      },
    ]);
    const [only, ...rest] = await read({ files: [file, file] });
    expect(only).toMatchObject({ url: 'a', width: 9 });
    expect(rest).toEqual([]);
    expect(countSkips(skipped)).toEqual({
      'duplicate-url': 3,
      'bad-record': 6,
      'no-text': 4,
      'bad-text': 2,
    });
  });

  it('tells bytes that are no UTF-8', async () => {
    write([
      { name: 'URL', data: ['a', 'b'], type: 'STRING' },
      { name: 'TEXT', data: [Uint8Array.of(0x61, 0xff), Uint8Array.of(0x61)], type: 'BYTE_ARRAY' },
    ]);
    expect(await read()).toHaveLength(1);
    expect(countSkips(skipped)).toEqual({ 'bad-text': 1 });
  });

  it.each([
    ['gone', async () => undefined, 'data/missing-file'],
    ['empty', () => writeFile(file, ''), 'data/bad-parquet'],
    ['no Parquet', () => writeFile(file, 'URL,TEXT\nhttp://a,b\n'.repeat(9)), 'data/bad-parquet'],
    [
      'cut off',
      async () => {
        write(whole());
        await writeFile(file, (await readFile(file)).subarray(0, 300));
      },
      'data/bad-parquet',
    ],
    [
      'damaged in its pages',
      async () => {
        write(whole());
        const bytes = await readFile(file);
        await writeFile(file, bytes.fill(0xff, 4, 200));
      },
      'data/bad-parquet',
    ],
    [
      'of another format',
      async () => write([{ name: 'label', data: ['a'], type: 'STRING' }]),
      'data/bad-record',
    ],
  ])('refuses a file that is %s', async (_, make, code) => {
    await make();
    await expect(read()).rejects.toMatchObject({ code });
  });

  it('refuses an address: nothing is fetched', async () => {
    await expect(read({ files: ['https://a/part.parquet'] })).rejects.toThrow(/nothing is fetched here/);
  });

  it('ends when it is told to', async () => {
    write(whole());
    await expect(read({ signal: AbortSignal.abort() })).rejects.toThrow();
  });
});
