import { execFile } from 'node:child_process';
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BuildShardsOptions, buildShards } from './build-shards.js';
import { limitImagePixels } from './image-limit.js';
import { createInProcessQueue } from './in-process-queue.js';
import { loadPixels } from './pixels.js';
import type { ShardSample } from './read-shard.js';
import { readShards } from './read-shards.js';
import type { RegionSample } from './records.js';
import { COCO_CROWD } from './select-regions.js';
import { sha256 } from './sha256.js';
import { removeWorkFiles } from './shard-folder.js';

let folder: string;
let out: string;
let samples: RegionSample[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-shards-'));
  out = join(folder, 'shards');
  samples = await Promise.all(
    Array.from({ length: 12 }, async (_, i): Promise<RegionSample> => {
      const image = join(folder, `${i}.${i % 2 === 0 ? 'png' : 'jpg'}`);
      await sharp({
        create: { width: 16, height: 8, channels: 3, background: { r: i * 20, g: 0, b: 0 } },
      }).toFile(image);
      const box = { x0: 0, y0: 0, x1: 0.5, y1: 1 };
      const region = { id: '1', box, label: 'dot', description: `dot ${i}`, source: 'coco' };
      return { id: `s${i}`, image, width: 16, height: 8, caption: `picture ${i}`, regions: [region] };
    }),
  );
});

afterEach(() => limitImagePixels());

const build = (options: Partial<BuildShardsOptions> = {}) =>
  buildShards({ samples, out, imagesPerShard: 4, validation: 0.3, ...options });

async function readAll(options: Parameters<typeof readShards>[1] = {}): Promise<ShardSample[]> {
  const found: ShardSample[] = [];
  for await (const sample of readShards(out, options)) found.push(sample);
  return found;
}

async function filesOf(path: string): Promise<Record<string, string>> {
  const names = (await readdir(path)).sort();
  return Object.fromEntries(
    await Promise.all(
      names.map(async (name) => [name, (await readFile(join(path, name))).toString('base64')] as const),
    ),
  );
}

describe('buildShards and readShards', () => {
  it('gives back every sample with its image, split by id', async () => {
    const manifest = await build();
    expect(manifest).toMatchObject({ samples: 12, regions: 12, skipped: 0 });
    const found = await readAll();
    expect(found.map(({ sample }) => sample.id).sort()).toEqual(samples.map(({ id }) => id).sort());
    for (const { sample, image } of found) {
      const original = samples.find(({ id }) => id === sample.id) as RegionSample;
      expect(sample).toEqual({ ...original, image: sample.image });
      expect(Buffer.from(image).equals(await readFile(original.image))).toBe(true);
    }
    const [train, validation] = [await readAll({ split: 'train' }), await readAll({ split: 'validation' })];
    expect(train.length + validation.length).toBe(12);
    expect(validation.length).toBeGreaterThan(0);
    const index = (await readFile(join(out, 'index.jsonl'), 'utf8')).trim().split('\n');
    expect(index).toHaveLength(12);
  });

  it('writes tars that other tools read', async () => {
    const manifest = await build();
    const { stdout } = await promisify(execFile)('tar', ['tf', join(out, manifest.shards[0]?.name ?? '')]);
    expect(stdout.trim().split('\n').slice(0, 2)).toEqual([
      expect.stringMatching(/^train-00000-000000\.(png|jpg)$/),
      'train-00000-000000.json',
    ]);
  });

  it('is deterministic and keeps what is unchanged', async () => {
    await build();
    const first = await filesOf(out);
    const reused: boolean[] = [];
    await build({ onProgress: (shard) => reused.push(shard.reused) });
    expect(reused.every(Boolean)).toBe(true);
    expect(await filesOf(out)).toEqual(first);
    const again = join(folder, 'again');
    await build({ out: again });
    expect(await filesOf(again)).toEqual(first);
  });

  it('continues after an interruption and rebuilds only what changed', async () => {
    const stop = new AbortController();
    const jobs = join(out, '.jobs');
    const isOneBuilt = async () =>
      (await readdir(jobs, { recursive: true })).some((name) => name.endsWith(join('done', 'record.json')));
    async function* interrupted() {
      yield* samples.slice(0, 8);
      await vi.waitUntil(isOneBuilt, { timeout: 30_000 });
      stop.abort();
      yield* samples.slice(8);
    }
    const aborted = build({ samples: interrupted(), signal: stop.signal });
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
    expect(await readdir(out)).not.toContain('manifest.json');
    await expect(readAll()).rejects.toMatchObject({ code: 'data/missing-file' });
    const reused: boolean[] = [];
    await build({ onProgress: (shard) => reused.push(shard.reused) });
    expect(reused.filter(Boolean)).toHaveLength(1);
    expect(await readAll()).toHaveLength(12);
    expect(
      (await readdir(out)).filter((name) => !/^(train|validation)-\d{5}\.(tar|json)$/.test(name)).sort(),
    ).toEqual(['index.jsonl', 'index.parquet', 'manifest.json', 'skipped.jsonl']);

    samples = samples.slice(0, 6);
    await build();
    expect(await readAll()).toHaveLength(6);
  });

  it('removes its jobs while a late worker still writes there, and leaves a folder `jobs` of others alone', async () => {
    const own = join(out, 'jobs', 'of-the-user.txt');
    await mkdir(join(out, 'jobs'), { recursive: true });
    await writeFile(own, 'kept');
    await build();
    expect(await readFile(own, 'utf8')).toBe('kept');
    const late = join(out, '.jobs', 'train-00000.0', '1-a.attempt');
    await mkdir(late, { recursive: true });
    for (let i = 0; i < 200; i++) await writeFile(join(late, `${i}`), '');
    let written = 0;
    const writing = (async () => {
      try {
        for (; written < 500; written++) await writeFile(join(late, `late-${written}`), '');
      } catch {
        // The folder is gone.
      }
    })();
    await removeWorkFiles(out);
    await writing;
    expect(written).toBeGreaterThan(0);
    expect((await readdir(out)).filter((name) => name.includes('jobs'))).toEqual(['jobs']);
  });

  it('mixes no shards that were made under another limit of pixels', async () => {
    const large = samples[2]?.image ?? '';
    await sharp({ create: { width: 40, height: 20, channels: 3, background: '#fff' } }).toFile(large);
    limitImagePixels(799);
    expect(await build()).toMatchObject({ samples: 11, skipped: 1, options: { maxImagePixels: 799 } });
    limitImagePixels();
    await expect(build()).rejects.toMatchObject({
      code: 'data/bad-config',
      message: expect.stringMatching(
        /"maxImagePixels":799.*choose another folder or set overwrite/,
      ) as string,
    });
    // As an interrupted build leaves it.
    await rm(join(out, 'manifest.json'));
    const manifest = await build();
    expect(manifest).toMatchObject({ samples: 12, skipped: 0 });
    expect(manifest.options).not.toHaveProperty('maxImagePixels');
  });

  it('builds shards again that other versions of the encoder made, or a version that did not say it', async () => {
    const { options } = await build();
    const before = await filesOf(out);
    const again = async (run = buildShards) => {
      const reused: boolean[] = [];
      const onProgress = (shard: { readonly reused: boolean }) => reused.push(shard.reused);
      await run({ samples, out, imagesPerShard: 4, validation: 0.3, onProgress });
      return reused;
    };
    vi.resetModules();
    vi.doMock('./shard-image.js', async (original) => ({
      ...(await original<object>()),
      SHARD_ENCODER: 'another',
    }));
    const upgraded = await import('./build-shards.js');
    vi.doUnmock('./shard-image.js');
    expect(new Set(await again(upgraded.buildShards))).toEqual(new Set([false]));
    expect(new Set(await again(upgraded.buildShards))).toEqual(new Set([true]));

    const former = async (name: string) => {
      const path = join(out, `${name}.json`);
      const record = JSON.parse(await readFile(path, 'utf8')) as { readonly index: readonly string[] };
      const ids = record.index.map((line) => (JSON.parse(line) as { readonly id: string }).id);
      const held = ids.map((id) => samples.find((sample) => sample.id === id) as RegionSample);
      const seen = await Promise.all(
        held.map(async ({ image }) => {
          const { size, mtimeMs } = await stat(image);
          return [size, mtimeMs];
        }),
      );
      const fingerprint = sha256(JSON.stringify([1, options, held, seen]));
      await writeFile(path, JSON.stringify({ ...record, fingerprint }));
    };
    for (const name of Object.keys(before).filter((file) => /^(train|validation)-\d+\.tar$/.test(file)))
      await former(name.replace('.tar', ''));
    expect(new Set(await again())).toEqual(new Set([false]));
    expect(await filesOf(out)).toEqual(before);
  });

  it('leaves no manifest, or a true one, where a shorter rebuild stops before its end', async () => {
    await build({ validation: 0 });
    const before = await filesOf(out);
    const stop = new AbortController();
    const shorter = { validation: 0, samples: samples.slice(0, 8), signal: stop.signal };
    const done: boolean[] = [];
    const onProgress = ({ reused }: { reused: boolean }) => {
      if (done.push(reused) === 2) stop.abort();
    };
    await expect(build({ ...shorter, onProgress })).rejects.toMatchObject({ name: 'AbortError' });
    expect(done).toEqual([true, true]);
    expect(await readdir(out)).not.toContain('manifest.json');
    await build({ validation: 0 });
    expect(await filesOf(out)).toEqual(before);

    // The same samples again: nothing is to be written, and the manifest stands.
    const end = new AbortController();
    await build({ validation: 0, signal: end.signal, onProgress: (shard) => shard.reused || end.abort() });
    expect(await filesOf(out)).toEqual(before);
  });

  it('has no manifest while the lists of another build are written', async () => {
    await build();
    const skipped = [{ file: 'f', id: 'x', reason: 'bad-box', detail: 'd' }] as const;
    await rm(join(out, 'index.jsonl'));
    await mkdir(join(out, 'index.jsonl'));
    await expect(build({ skipped })).rejects.toMatchObject({ code: 'data/not-writable' });
    expect(await readdir(out)).not.toContain('manifest.json');
  });

  it('takes the split of a sample from who gives it', async () => {
    const held = new Set(['s1', 's5', 's6']);
    const splitOf: BuildShardsOptions['splitOf'] = ({ id }) => (held.has(id) ? 'validation' : 'train');
    await build({ splitOf });
    const idsOf = (found: readonly ShardSample[]) => found.map(({ sample }) => sample.id);
    expect(idsOf(await readAll({ split: 'validation' }))).toEqual([...held]);
    await expect(build()).rejects.toMatchObject({ code: 'data/bad-config' });
    held.add('s7');
    await build({ splitOf });
    expect(idsOf(await readAll({ split: 'validation' }))).toEqual([...held]);
    await build({ overwrite: true });
    await expect(build({ splitOf })).rejects.toMatchObject({ code: 'data/bad-config' });
    const groups = [{ ids: ['s4', 's5', 's7'], pairs: [] }];
    await build({ splitOf, duplicates: { groups, mode: 'one-split' }, overwrite: true });
    expect(idsOf(await readAll({ split: 'validation' }))).toEqual(['s1', 's6']);
    const wrong = build({ splitOf: () => 'test' as 'train', out: join(folder, 'wrong') });
    await expect(wrong).rejects.toMatchObject({ code: 'data/bad-config' });
  });

  const box = { x0: 0, y0: 0, x1: 0.5, y1: 1 };
  it.each([
    ['a box outside', { box: { ...box, x0: -0.001 } }, /sample s2 .*regions\.0\.box\.x0: /],
    ['a box of no number', { box: { ...box, y1: NaN } }, /sample s2 .*regions\.0\.box\.y1: /],
    ['a score of no number', { score: Infinity }, /sample s2 .*regions\.0\.score: /],
    ['a mask of no number', { mask: { kind: 'polygons', polygons: [[0, NaN]] } }, /regions\.0\.mask/],
  ] as const)('refuses a region with %s before it writes the sample', async (_, fault, message) => {
    const [first] = samples as [RegionSample];
    const regions = first.regions.map((region) => ({ ...region, ...fault }));
    samples[2] = { ...(samples[2] as RegionSample), regions };
    const refused = build({ minSide: 2 });
    await expect(refused).rejects.toMatchObject({ code: 'data/bad-record' });
    await expect(refused).rejects.toThrow(message);
    expect(await readdir(out)).toEqual([]);
  });

  it('refuses numbers that no shards could have', async () => {
    await expect(build({ minSide: Number.NaN, imageSize: 0, validation: 2 })).rejects.toMatchObject({
      code: 'data/bad-config',
      message:
        'buildShards: expected imageSize to be an integer from 1, got 0; minSide to be a number from 0, got NaN; validation to be a share of 0 to 1, got 2',
    });
  });

  it('refuses images that could not be opened again', async () => {
    limitImagePixels(1000);
    await expect(build({ imageSize: 32 })).rejects.toMatchObject({
      code: 'data/bad-config',
      message: expect.stringMatching(/imageSize to be at most 31, .*1000 pixels.*got 32$/) as string,
    });
    expect((await build({ imageSize: 31 })).samples).toBe(12);
  });

  it('takes a size that is none for a fault of the job, not of its images', async () => {
    const own = createInProcessQueue();
    const queue = {
      ...own,
      add: ((job, signal) => own.add({ ...job, imageSize: 0.5 }, signal)) as typeof own.add,
    };
    await expect(build({ queue })).rejects.toMatchObject({
      code: 'data/bad-config',
      message: expect.stringContaining('expected size to be a whole number >= 1, got 0.5') as string,
    });
  });

  it('takes fields that are there but undefined', async () => {
    const bare = { caption: undefined } as unknown as { caption: string };
    samples = samples.map((sample) => ({ ...sample, ...bare }));
    await build();
    expect((await readAll()).every(({ sample }) => !('caption' in sample))).toBe(true);
  });

  it('says of which labels not all regions are there', async () => {
    const box = { x0: 0, y0: 0, x1: 0.1, y1: 0.1 };
    const [first, ...others] = samples as [RegionSample, ...RegionSample[]];
    const regions = [
      ...first.regions,
      { ...first.regions[0], id: '2', label: 'sheep', source: COCO_CROWD },
      { ...first.regions[0], id: '3', label: 'bird', box },
      { ...first.regions[0], id: '4', label: 'dot', box },
    ] as RegionSample['regions'];
    const [second, ...rest] = others as [RegionSample, ...RegionSample[]];
    samples = [
      { ...first, regions, incomplete: ['cow'] },
      second,
      ...rest.map((each) => ({ ...each, incomplete: 'all' as const })),
    ];
    await build({ minSide: 2 });
    const found = new Map((await readAll()).map(({ sample }) => [sample.id, sample]));
    expect(found.get('s0')?.regions.map(({ id }) => id)).toEqual(['1']);
    expect(found.get('s0')?.incomplete).toEqual(['cow', 'sheep', 'bird', 'dot']);
    expect(found.get('s1')).not.toHaveProperty('incomplete');
    expect(found.get('s2')?.incomplete).toBe('all');
  });

  it('has the rows that its tars hold, written beside them or read from them', async () => {
    const [first] = samples as [RegionSample];
    const odd = { polygons: [[0, 0, 1, 0, 1, 1]], kind: 'polygons', unknown: true } as const;
    const [region] = first.regions as [RegionSample['regions'][0]];
    samples[0] = { ...first, regions: [{ mask: odd, ...region, description: 'line\u2028', score: -0 }] };
    await build();
    const index = await readFile(join(out, 'index.parquet'));
    await rm(join(out, 'index.parquet'));
    await rm(join(out, 'manifest.json'));
    await build();
    expect((await readFile(join(out, 'index.parquet'))).equals(index)).toBe(true);
  });

  it('stretches images but keeps the original sizes in the records', async () => {
    await build({ imageSize: 4 });
    for (const { sample, image } of await readAll()) {
      expect([sample.width, sample.height]).toEqual([16, 8]);
      expect(await sharp(image).metadata()).toMatchObject({ width: 4, height: 4 });
      expect(await loadPixels(image, 4)).toHaveLength(48);
    }
  });

  it('skips bad images and second samples of an id, listed after the reader’s skips', async () => {
    await rm(samples[0]?.image ?? '');
    await writeFile(samples[1]?.image ?? '', 'no image');
    samples.push({ ...(samples[2] as RegionSample) });
    const skipped = [{ file: 'f', id: 'x', reason: 'bad-box', detail: 'd' }] as const;
    const manifest = await build({ skipped });
    expect(manifest).toMatchObject({ samples: 10, skipped: 4 });
    const lines = (await readFile(join(out, 'skipped.jsonl'), 'utf8')).trim().split('\n');
    const reasons = lines.map((line) => JSON.parse(line) as { id: string; reason: string });
    expect(Object.fromEntries(reasons.map(({ id, reason }) => [id, reason]))).toEqual({
      x: 'bad-box',
      s0: 'missing-image',
      s1: 'bad-image',
      s2: 'duplicate-id',
    });
    await expect(build({ maxSkips: 2, out: join(folder, 'few') })).rejects.toMatchObject({
      code: 'data/too-many-skips',
    });
  });

  it('refuses empty input, other options, and a folder it can’t write', async () => {
    await expect(build({ samples: [] })).rejects.toMatchObject({ code: 'data/empty' });
    await build();
    await expect(build({ imagesPerShard: 5 })).rejects.toMatchObject({ code: 'data/bad-config' });
    expect((await build({ imagesPerShard: 5, overwrite: true })).samples).toBe(12);
    expect(await readAll()).toHaveLength(12);
    await writeFile(join(folder, 'file'), '');
    await expect(build({ out: join(folder, 'file', 'shards') })).rejects.toMatchObject({
      code: 'data/not-writable',
    });
    await expect(build({ imagesPerShard: 0 })).rejects.toMatchObject({ code: 'data/bad-config' });
  });

  it.each([
    ['cut off', (path: string) => truncate(path, 1000), 'data/bad-record'],
    ['too long', (path: string) => appendFile(path, 'x'), 'data/bad-record'],
    ['gone', (path: string) => rm(path), 'data/missing-file'],
    [
      'changed',
      async (path: string) => {
        const bytes = await readFile(path);
        bytes[600] = (bytes[600] as number) ^ 1;
        await writeFile(path, bytes);
      },
      'data/bad-record',
    ],
  ])('refuses a shard that is %s', async (_, harm, code) => {
    const manifest = await build();
    await harm(join(out, manifest.shards[0]?.name ?? ''));
    await expect(readAll()).rejects.toMatchObject({ code });
  });

  it('refuses a cut shard even without verification, and a broken manifest', async () => {
    const manifest = await build();
    await truncate(join(out, manifest.shards[0]?.name ?? ''), 1000);
    await expect(readAll({ verify: false })).rejects.toMatchObject({ code: 'data/bad-record' });
    await writeFile(join(out, 'manifest.json'), '{}');
    await expect(readAll()).rejects.toMatchObject({ code: 'data/bad-record' });
  });

  it('lets a reader stop early', async () => {
    await build();
    for await (const { sample } of readShards(out)) {
      expect(sample.id).toBeTruthy();
      break;
    }
  });
});
