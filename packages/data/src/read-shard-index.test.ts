import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import { type BuildShardsOptions, buildShards } from './build-shards.js';
import { readShardIndex } from './read-shard-index.js';
import { readShards } from './read-shards.js';
import type { Mask, RegionSample } from './records.js';
import type { ShardManifest } from './shard-manifest.js';
import { SHARD_INDEX_COLUMNS, type ShardIndexRow } from './shard-index-row.js';

let folder: string;
let out: string;
let samples: RegionSample[];

const polygons: Mask = { kind: 'polygons', polygons: [[0.1, 0.1, 0.5, 0.1, 1 / 3, 0.9]] };
const rle: Mask = { kind: 'rle', size: [8, 16], counts: [3, 5, 120] };
const provenance = { detector: 'd', weightsSha256: 'a'.repeat(64), thresholds: { score: 0.3 }, prompt: 'p' };
const descriptionProvenance = {
  model: 'm',
  endpoint: 'localhost:8000',
  promptVersion: 1,
  temperature: 0.2,
  images: true,
};

const relations = [
  { subject: '2', relation: 'contains', object: '1' },
  { subject: '1', relation: 'inside', object: '2' },
] as const;
const annotatedRelations = [{ subject: '2', predicate: 'painted over', object: '5' }];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-shard-index-'));
  out = join(folder, 'shards');
  samples = await Promise.all(
    Array.from({ length: 9 }, async (_, i): Promise<RegionSample> => {
      const image = join(folder, `${i}.png`);
      await sharp({
        create: { width: 16, height: 8, channels: 3, background: { r: i * 20, g: 0, b: 0 } },
      }).toFile(image);
      const text = { label: 'dot', description: `dot ${i} ü`, source: 'hand' };
      const regions = [
        { id: '1', box: { x0: 0, y0: 0.1, x1: 1 / 3, y1: 1 }, ...text },
        {
          id: '2',
          box: { x0: 0, y0: 0, x1: 1, y1: 1 },
          mask: i % 2 ? rle : polygons,
          ...text,
          score: 0.25 * (i % 4),
        },
        { id: '3', box: { x0: 0, y0: 0, x1: 1, y1: 1 }, ...text, provenance },
        { id: '4', box: { x0: 0, y0: 0, x1: 1, y1: 1 }, ...text, descriptionProvenance },
        { id: '5', box: { x0: 0, y0: 0, x1: 1, y1: 1 }, ...text, attributes: ['round', 'it\u2019s "blue"'] },
      ];
      return {
        ...{ id: `s${i}`, image, width: 16, height: 8, regions: i === 4 ? [] : regions },
        ...(i === 5 ? { caption: 'dots, "one" ü', relations, annotatedRelations } : {}),
      };
    }),
  );
});

const build = (options: Partial<BuildShardsOptions> = {}) =>
  buildShards({ samples, out, imagesPerShard: 3, validation: 0.3, ...options });

async function read(options: Parameters<typeof readShardIndex>[1] = {}): Promise<ShardIndexRow[]> {
  const rows: ShardIndexRow[] = [];
  for await (const row of readShardIndex(out, options)) rows.push(row);
  return rows;
}

describe('index.parquet', () => {
  it('has a row for every region of the shards, in their order', async () => {
    const manifest = await build();
    const rows = await read();
    expect(rows).toHaveLength(manifest.regions);
    const expected: ShardIndexRow[] = [];
    const relationsOf: Record<string, string> = {
      '1': '[{"predicate":"inside","object":"2"}]',
      '2': '[{"predicate":"contains","object":"1"},{"predicate":"painted over","object":"5"}]',
    };
    for await (const { sample, image, split, shard } of readShards(out))
      for (const region of sample.regions)
        expected.push({
          sample: sample.id,
          shard,
          key: sample.image.replace('.png', ''),
          split,
          width: 16,
          height: 8,
          sha256: createHash('sha256').update(image).digest('hex'),
          region: region.id,
          ...region.box,
          mask: region.mask ? JSON.stringify(region.mask) : null,
          label: 'dot',
          description: region.description,
          source: 'hand',
          score: region.score ?? null,
          provenance: region.provenance ? JSON.stringify(provenance) : null,
          descriptionProvenance: region.descriptionProvenance ? JSON.stringify(descriptionProvenance) : null,
          attributes: region.attributes ? JSON.stringify(['round', 'it\u2019s "blue"']) : null,
          caption: sample.id === 's5' ? 'dots, "one" ü' : null,
          relations: sample.id === 's5' ? (relationsOf[region.id] ?? null) : null,
        });
    expect(rows).toEqual(expected);
    expect(rows.some(({ mask }) => mask === JSON.stringify(rle))).toBe(true);
    const written = rows.filter((row) => row.descriptionProvenance !== null);
    expect(new Set(written.map(({ region }) => region))).toEqual(new Set(['4']));
    expect(rows.filter(({ attributes }) => attributes !== null).every(({ region }) => region === '5')).toBe(
      true,
    );
  });

  it('is read where a former version wrote it without attributes, caption and relations', async () => {
    await build();
    const rows = await read();
    const path = join(out, 'index.parquet');
    const { parquetWriteFile } = await import('hyparquet-writer');
    const late = ['attributes', 'caption', 'relations'];
    const names = SHARD_INDEX_COLUMNS.map(({ name }) => name).filter((name) => !late.includes(name));
    const typeOf = new Map<string, 'STRING' | 'INT32' | 'DOUBLE'>(
      SHARD_INDEX_COLUMNS.map(({ name, type }) => [name, type]),
    );
    const columnData = names.map((name) => ({
      name,
      data: rows.map((row) => row[name]),
      type: typeOf.get(name) ?? 'STRING',
    }));
    parquetWriteFile({ filename: path, columnData });
    expect(await read({ verify: false })).toEqual(
      rows.map((row) => ({ ...row, attributes: null, caption: null, relations: null })),
    );
  });

  it('is written anew where a former version wrote it with fewer columns', async () => {
    await build();
    const [path, bytes] = [join(out, 'index.parquet'), await readFile(join(out, 'index.parquet'))];
    const { parquetWriteFile } = await import('hyparquet-writer');
    parquetWriteFile({ filename: path, columnData: [{ name: 'sample', data: ['s0'] }] });
    const manifest = JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8')) as ShardManifest;
    const sha256 = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    const files = { ...manifest.files, 'index.parquet': sha256 };
    await writeFile(join(out, 'manifest.json'), `${JSON.stringify({ ...manifest, files }, null, 2)}\n`);
    expect(await build()).toEqual(manifest);
    expect(await readFile(path)).toEqual(bytes);
  });

  it('is read by another Parquet reader, and listed with its SHA-256', async () => {
    const manifest = await build();
    const bytes = await readFile(join(out, 'index.parquet'));
    expect(manifest.files['index.parquet']).toBe(createHash('sha256').update(bytes).digest('hex'));
    const file = Uint8Array.from(bytes).buffer;
    expect(await parquetReadObjects({ file })).toEqual(await read());
  });

  it('has the same bytes after an interruption, and is written anew where it is gone', async () => {
    await build({ out: join(folder, 'whole') });
    const bytes = await readFile(join(folder, 'whole', 'index.parquet'));
    const stop = new AbortController();
    await expect(build({ signal: stop.signal, onProgress: () => stop.abort() })).rejects.toThrow();
    await expect(readFile(join(out, 'index.parquet'))).rejects.toThrow();
    await build();
    expect(await readFile(join(out, 'index.parquet'))).toEqual(bytes);
    await rm(join(out, 'index.parquet'));
    await build();
    expect(await readFile(join(out, 'index.parquet'))).toEqual(bytes);
    await writeFile(join(out, 'index.parquet'), 'broken');
    await build();
    expect(await readFile(join(out, 'index.parquet'))).toEqual(bytes);
    samples = samples.slice(0, 5);
    const { regions } = await build();
    expect(await read()).toHaveLength(regions);
  });

  it('holds more rows than one group, and none at all', async () => {
    const [first] = samples as [RegionSample];
    const [region] = first.regions;
    if (!region) throw new Error('no region');
    const regions = Array.from({ length: 10_001 }, (_, i) => ({ ...region, id: `${i}` }));
    samples = [{ ...first, regions }];
    await build();
    expect((await read()).map(({ region }) => region)).toEqual(regions.map(({ id }) => id));
    samples = [{ ...first, regions: [] }];
    await build();
    expect(await read()).toEqual([]);
  });

  it.each([
    ['gone', (path: string) => rm(path), 'data/missing-file', 'data/missing-file'],
    ['cut off', (path: string) => truncate(path, 100), 'data/bad-record', 'data/bad-parquet'],
    ['another file', (path: string) => writeFile(path, 'PAR1'), 'data/bad-record', 'data/bad-parquet'],
  ])('refuses an index that is %s', async (_, harm, verified, unverified) => {
    await build();
    await harm(join(out, 'index.parquet'));
    await expect(read()).rejects.toMatchObject({ code: verified });
    await expect(read({ verify: false })).rejects.toMatchObject({ code: unverified });
  });
});
