import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkRegionSample } from './check-region-sample.js';
import { type DataSplit, splitOf } from './data-split.js';
import { FgamError, isFgamError } from './error.js';
import type { DuplicateGroup } from './find-duplicates.js';
import { hashFile } from './hash-file.js';
import { mapBounded } from './map-bounded.js';
import type { RegionSample } from './records.js';
import { selectSample } from './select-regions.js';
import { sha256 } from './sha256.js';
import { shardImage } from './shard-image.js';
import {
  hasManifest,
  prepareShardFolder,
  readKeptIndex,
  readKeptRecord,
  removeManifest,
  removeStaleShards,
  writeManifest,
} from './shard-folder.js';
import type { ShardEntry, ShardManifest, ShardRecord } from './shard-manifest.js';
import { type TarFile, writeTar } from './shard-tar.js';
import { type Skip, SkipList } from './skips.js';
import { removeFile, writeAtomic } from './write-atomic.js';
import { SHARD_INDEX, writeShardIndex } from './write-shard-index.js';

/** Options of `buildShards`. */
export interface BuildShardsOptions {
  /** What a reader found. Order decides the shards; samples of one id after the first are skipped. */
  readonly samples: Iterable<RegionSample> | AsyncIterable<RegionSample>;
  /** Folder to be written. */
  readonly out: string;
  /** Default 5,000. */
  readonly imagesPerShard?: number;
  /** Stretch images to this side, for smaller shards. Default: the files as they are. */
  readonly imageSize?: number;
  /** Share of the samples held out, by a hash of their ids. Default 0.1. */
  readonly validation?: number;
  /** Seed of that draw. Default 0. */
  readonly seed?: number;
  /** The split of a sample, such as the one it has in the shards it comes from. Default: a hash of the id. */
  readonly splitOf?: (sample: RegionSample) => DataSplit;
  /** Shorter side, in pixels, below which a region is left out. Default 0. */
  readonly minSide?: number;
  /**
   * Samples that show one photo (see `findDuplicates`): `drop` keeps the first of each group and skips the others as `duplicate-image`,
   * `one-split` keeps all of a group in the split of its first. Default: samples are told apart by their ids alone.
   */
  readonly duplicates?: {
    readonly groups: readonly DuplicateGroup[];
    readonly mode: 'drop' | 'one-split';
  };
  /** Skips of the reader, to be listed with the builder's own. */
  readonly skipped?: readonly Skip[];
  /** Most samples that the builder may leave out. Default no limit. */
  readonly maxSkips?: number;
  /** Replace shards in `out` that were built with other options. Default false: an error. */
  readonly overwrite?: boolean;
  /** Called after each shard. */
  readonly onProgress?: (done: {
    readonly shard: string;
    readonly samples: number;
    readonly reused: boolean;
  }) => void;
  readonly signal?: AbortSignal;
}

/** Images that are read and held at once. */
const CHUNK = 64;

/**
 * Builds region-text shards: WebDataset tars (`<key>.jpg` or `.png` beside `<key>.json`, a `RegionSample`), `index.jsonl`,
 * `index.parquet` (a row a region, see `readShardIndex`), `skipped.jsonl`, and last `manifest.json` with the SHA-256 of each.
 *
 * Idempotent: shards whose samples, images (by size and time) and options are unchanged are kept, so that an interrupted build
 * continues. Deterministic: the same input gives the same bytes. Without a manifest a folder is not whole. Regions unfit
 * for pairs (crowds, shorter than `minSide`) are left out; the records keep the original width and height, by which
 * relations are told, even where `imageSize` stretches the image.
 *
 * @throws FgamError `data/empty` where no sample is left; `data/bad-record` for a sample that shards cannot hold (a box outside
 *   the image, a number that is not finite), before anything is written of it; `data/not-writable`; `data/bad-config` where
 *   `out` holds shards built with other options, or `splitOf` gives no split; `data/too-many-skips`
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { buildShards, readShards } from '@fgam/data';
 * import sharp from 'sharp';
 * const folder = await mkdtemp(join(tmpdir(), 'shards-'));
 * const image = join(folder, 'a.png');
 * await sharp({ create: { width: 8, height: 8, channels: 3, background: '#f00' } }).png().toFile(image);
 * const region = { id: '1', box: { x0: 0, y0: 0, x1: 1, y1: 1 }, label: 'red', description: 'a red square', source: 'hand' };
 * const samples = [{ id: 'a', image, width: 8, height: 8, regions: [region] }];
 * await buildShards({ samples, out: join(folder, 'shards') });
 * for await (const { sample } of readShards(join(folder, 'shards')))
 *   if (sample.regions[0]?.description !== 'a red square') throw new Error(JSON.stringify(sample));
 * ```
 */
export async function buildShards(options: BuildShardsOptions): Promise<ShardManifest> {
  const { out, imagesPerShard = 5000, imageSize, validation = 0.1, seed = 0, minSide = 0 } = options;
  if (!Number.isInteger(imagesPerShard) || imagesPerShard < 1)
    throw new FgamError(
      'data/bad-config',
      `buildShards: expected imagesPerShard to be >= 1, got ${imagesPerShard}`,
    );
  const { groups = [], mode } = options.duplicates ?? {};
  const settings = {
    imagesPerShard,
    imageSize: imageSize ?? null,
    validation,
    seed,
    minSide,
    ...(options.splitOf ? { givenSplits: 1 } : {}),
    ...(mode === 'drop' ? { dropDuplicates: 1 } : {}),
    ...(mode === 'one-split' ? { duplicatesInOneSplit: 1 } : {}),
  };
  const groupOf = new Map(groups.flatMap((group) => group.ids.map((id) => [id, group] as const)));
  const shown = new Map<DuplicateGroup, { readonly id: string; readonly split: DataSplit }>();
  await prepareShardFolder(out, settings, options.overwrite ?? false);
  const own = new SkipList('buildShards', options.maxSkips);
  const records: ShardRecord[] = [];
  const waiting: Record<DataSplit, RegionSample[]> = { train: [], validation: [] };
  const built: Record<DataSplit, number> = { train: 0, validation: 0 };
  const seen = new Set<string>();

  const flush = async (split: DataSplit) => {
    const samples = waiting[split];
    waiting[split] = [];
    const name = `${split}-${String(built[split]++).padStart(5, '0')}`;
    options.signal?.throwIfAborted();
    const fingerprint = await fingerprintOf(samples, settings);
    const kept = await readKeptRecord(out, name, fingerprint);
    if (!kept) await removeManifest(out);
    const record = kept ?? (await buildShard({ out, name, split, samples, imageSize, fingerprint }));
    for (const { file, id, reason, detail } of record.skipped) own.add(file, id, reason, detail);
    records.push(record);
    options.onProgress?.({ shard: `${name}.tar`, samples: record.entry.samples, reused: kept !== undefined });
  };
  const splitFor = (sample: RegionSample, id: string): DataSplit =>
    options.splitOf ? checkedSplit(options.splitOf(sample), sample) : splitOf(id, { validation, seed });
  for await (const sample of options.samples) {
    checkRegionSample('buildShards', sample);
    if (seen.has(sample.id)) {
      own.add(sample.image, sample.id, 'duplicate-id', 'a sample of this id exists');
      continue;
    }
    seen.add(sample.id);
    const group = groupOf.get(sample.id);
    const twin = group && shown.get(group);
    if (mode === 'drop' && twin !== undefined) {
      own.add(sample.image, sample.id, 'duplicate-image', `shows the photo of ${twin.id}`);
      continue;
    }
    const split =
      mode === 'one-split' && twin !== undefined
        ? twin.split
        : splitFor(sample, (mode === 'one-split' && group?.ids[0]) || sample.id);
    if (group && twin === undefined) shown.set(group, { id: sample.id, split });
    waiting[split].push(selectSample(sample, { minSide }));
    if (waiting[split].length === imagesPerShard) await flush(split);
  }
  for (const split of ['train', 'validation'] as const) if (waiting[split].length > 0) await flush(split);

  const count = (of: 'samples' | 'regions') => records.reduce((sum, { entry }) => sum + entry[of], 0);
  if (count('samples') === 0)
    throw new FgamError(
      'data/empty',
      `buildShards: expected samples, got none usable of ${seen.size}` +
        (own.skips[0] ? `; the first fault: ${own.skips[0].detail}` : ''),
    );
  const skips = [...(options.skipped ?? []), ...own.skips];
  const texts = {
    'index.jsonl': records.flatMap(({ index }) => index).join(''),
    'skipped.jsonl': skips.map((skip) => `${JSON.stringify(skip)}\n`).join(''),
  };
  const shards = records.map(({ entry }) => entry);
  const manifestOf = (index: string): ShardManifest => ({
    format: 'fgam-shards',
    version: 1,
    options: settings,
    samples: count('samples'),
    regions: count('regions'),
    skipped: skips.length,
    shards,
    files: {
      ...Object.fromEntries(Object.entries(texts).map(([file, text]) => [file, sha256(text)])),
      [SHARD_INDEX]: index,
    },
  });
  const keptIndex = await readKeptIndex(out, shards);
  // A manifest that stands while files change would list what is no longer there.
  if (keptIndex === undefined || !(await hasManifest(out, manifestOf(keptIndex)))) await removeManifest(out);
  for (const [file, text] of Object.entries(texts)) await writeAtomic(join(out, file), text);
  if (keptIndex === undefined) await writeShardIndex(out, shards, options.signal);
  await removeStaleShards(out, new Set(records.map(({ entry }) => entry.name.replace('.tar', ''))));
  const manifest = manifestOf(keptIndex ?? (await hashFile(join(out, SHARD_INDEX))).sha256);
  await writeManifest(out, manifest);
  return manifest;
}

function checkedSplit(split: DataSplit, { id }: RegionSample): DataSplit {
  if (['train', 'validation'].includes(split)) return split;
  throw new FgamError(
    'data/bad-config',
    `buildShards: expected splitOf to give train or validation, got ${JSON.stringify(split)} for ${id}`,
  );
}

/** What a shard is made from: samples, options, and the size and time of each image file. */
async function fingerprintOf(samples: readonly RegionSample[], settings: object): Promise<string> {
  const files = await mapBounded(samples, CHUNK, async ({ image }) => {
    try {
      const { size, mtimeMs } = await stat(image);
      return [size, mtimeMs];
    } catch (error) {
      // A missing image is the builder's to skip; that it is missing is part of the fingerprint.
      return error instanceof Error && 'code' in error ? error.code : String(error);
    }
  });
  return sha256(JSON.stringify([1, settings, samples, files]));
}

async function buildShard(work: {
  readonly out: string;
  readonly name: string;
  readonly split: DataSplit;
  readonly samples: readonly RegionSample[];
  readonly imageSize: number | undefined;
  readonly fingerprint: string;
}): Promise<ShardRecord> {
  const { out, name, split, samples, imageSize, fingerprint } = work;
  const index: string[] = [];
  const skipped: Skip[] = [];
  let regions = 0;
  async function* files(): AsyncGenerator<TarFile> {
    for (let start = 0; start < samples.length; start += CHUNK) {
      const chunk = samples.slice(start, start + CHUNK);
      const images = await mapBounded(chunk, 8, async ({ image }) => {
        try {
          return await shardImage(image, imageSize);
        } catch (error) {
          if (isFgamError(error)) return error;
          throw error;
        }
      });
      for (const [place, sample] of chunk.entries()) {
        const image = images[place];
        if (image === undefined || image instanceof Error) {
          const reason = image?.code === 'data/missing-file' ? 'missing-image' : 'bad-image';
          skipped.push({ file: sample.image, id: sample.id, reason, detail: image?.message ?? '' });
          continue;
        }
        const key = `${name}-${String(start + place).padStart(6, '0')}`;
        const file = `${key}.${image.extension}`;
        yield { name: file, content: image.bytes };
        yield { name: `${key}.json`, content: Buffer.from(JSON.stringify({ ...sample, image: file })) };
        regions += sample.regions.length;
        const { id, width, height } = sample;
        const line = { id, split, shard: `${name}.tar`, key, width, height, regions: sample.regions.length };
        index.push(`${JSON.stringify(line)}\n`);
      }
    }
  }
  // The record of a former tar must not outlive it: by it an interrupted build would keep this one as that.
  await removeFile(join(out, `${name}.json`));
  const written = await writeTar(join(out, `${name}.tar`), files());
  const entry: ShardEntry = { name: `${name}.tar`, split, ...written, samples: index.length, regions };
  const record: ShardRecord = { fingerprint, entry, index, skipped };
  await writeAtomic(join(out, `${name}.json`), JSON.stringify(record));
  return record;
}
