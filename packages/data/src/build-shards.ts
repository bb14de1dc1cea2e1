import { stat } from 'node:fs/promises';
import { cutShards, type ShardCut } from './build-shards-cut.js';
import { finishShards } from './build-shards-finish.js';
import type { DataSplit } from './data-split.js';
import { FgamError, isFgamError } from './error.js';
import type { DuplicateGroup } from './find-duplicates.js';
import { DEFAULT_MAX_PIXELS, maxImagePixels } from './image-limit.js';
import { createInProcessQueue } from './in-process-queue.js';
import { mapBounded } from './map-bounded.js';
import type { RegionSample } from './records.js';
import { sha256 } from './sha256.js';
import { prepareShardFolder, readKeptRecord, removeManifest, removeWorkFiles } from './shard-folder.js';
import { SHARD_ENCODER } from './shard-image.js';
import type { SeenFile } from './shard-job.js';
import type { ShardManifest, ShardRecord } from './shard-manifest.js';
import type { ShardQueue } from './shard-queue.js';
import { makeJobFolder, takeBuiltShard } from './shard-take.js';
import { type Skip, SkipList } from './skips.js';

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
   * Samples that show one photo (see `findDuplicates`): `drop` keeps the first of each group and skips the
   * others as `duplicate-image`, `one-split` keeps all of a group in the split of its first. Default: samples
   * are told apart by their ids alone.
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
  /**
   * Who builds the shards, such as workers on several hosts (`@fgam/data/bullmq`). Default: this process,
   * see `createInProcessQueue`.
   */
  readonly queue?: ShardQueue;
  /**
   * Called after each shard, in their order: it is whole, and the images of `ids` are read no more. Shards
   * after it may be under way by then, so that images of other samples that were taken from `samples` may
   * still be needed, whichever their split.
   */
  readonly onProgress?: (done: {
    readonly shard: string;
    /** Samples in it. */
    readonly samples: number;
    /**
     * Ids of the samples that it was cut from, in order: those in it, and those skipped
     * because they can't be built.
     */
    readonly ids: readonly string[];
    readonly reused: boolean;
  }) => void;
  readonly signal?: AbortSignal;
}

/**
 * Builds region-text shards: WebDataset tars (`<key>.jpg` or `.png` beside `<key>.json`, a `RegionSample`),
 * `index.jsonl`, `index.parquet` (a row a region, see `readShardIndex`), `skipped.jsonl`, and last
 * `manifest.json` with the SHA-256 of each.
 *
 * Idempotent: shards whose samples, images (by size and time) and options are unchanged, and whose images were
 * encoded by the same versions of sharp and libvips, are kept, so that an interrupted build continues; others are
 * built again. The limit of `limitImagePixels` is one of the options: images are skipped by it. Shards are built by
 * whoever takes them from `queue`; in this process by default. Deterministic: the same input gives the same bytes.
 * Without a manifest a folder is not whole.
 * Regions unfit for pairs (crowds, shorter than `minSide`) are left out; the records keep the original width
 * and height, by which relations are told, even where `imageSize` stretches the image.
 *
 * @throws FgamError `data/empty` where no sample is left; `data/bad-record` for a sample that shards cannot
 * hold (a box outside the image, a number that is not finite), before anything is written of it;
 * `data/not-writable`; `data/bad-config` where `out` holds shards built with other options, `splitOf`
 * gives no split, or images of `imageSize` would have more pixels than `limitImagePixels` lets be opened;
 * `data/too-many-skips`; `data/dead-letter` where `queue` has given shards up, when all others are built; whatever
 * else `queue` throws
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
  const mostPixels = maxImagePixels();
  const largestSide = Math.floor(Math.sqrt(mostPixels));
  const faults = [
    ...(imageSize === undefined || (Number.isInteger(imageSize) && imageSize >= 1)
      ? []
      : [`imageSize to be an integer from 1, got ${imageSize}`]),
    ...(imageSize === undefined || !(imageSize > largestSide)
      ? []
      : [
          `imageSize to be at most ${largestSide}, as images of more than ${mostPixels} pixels could not be ` +
            `opened again (limitImagePixels), got ${imageSize}`,
        ]),
    ...(minSide >= 0 && Number.isFinite(minSide) ? [] : [`minSide to be a number from 0, got ${minSide}`]),
    ...(validation >= 0 && validation <= 1 ? [] : [`validation to be a share of 0 to 1, got ${validation}`]),
  ];
  if (faults.length > 0) throw new FgamError('data/bad-config', `buildShards: expected ${faults.join('; ')}`);
  const { mode } = options.duplicates ?? {};
  const settings = {
    imagesPerShard,
    imageSize: imageSize ?? null,
    validation,
    seed,
    minSide,
    ...(mostPixels === DEFAULT_MAX_PIXELS ? {} : { maxImagePixels: mostPixels }),
    ...(options.splitOf ? { givenSplits: 1 } : {}),
    ...(mode === 'drop' ? { dropDuplicates: 1 } : {}),
    ...(mode === 'one-split' ? { duplicatesInOneSplit: 1 } : {}),
  };
  await prepareShardFolder(out, settings, options.overwrite ?? false);
  const queue = options.queue ?? createInProcessQueue();
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;

  const begin = async ({ name, split, samples }: ShardCut): Promise<ShardUnderWay> => {
    const seen = await lookAt(samples);
    const fingerprint = sha256(JSON.stringify([2, SHARD_ENCODER, settings, samples, seen]));
    const job = { name, fingerprint };
    const ids = samples.map(({ id }) => id);
    const kept = await readKeptRecord(out, name, fingerprint);
    if (kept) return { name, ids, settled: true, record: () => Promise.resolve(kept), reused: true };
    await removeManifest(out);
    const taken = await takeBuiltShard(out, job);
    if (taken) return { name, ids, settled: true, record: () => Promise.resolve(taken), reused: true };
    await makeJobFolder(out, job);
    const { built } = await queue.add(
      { out, ...job, split, imageSize: imageSize ?? null, samples, seen },
      signal,
    );
    const record = async () => {
      await built;
      return (await takeBuiltShard(out, job)) ?? missingShard(out, name);
    };
    const shard: ShardUnderWay = { name, ids, settled: false, record, reused: false };
    const settle = () => void (shard.settled = true);
    built.then(settle, settle);
    return shard;
  };

  const own = new SkipList('buildShards', options.maxSkips);
  const records: ShardRecord[] = [];
  const given: string[] = [];
  const queued: (Skip | ShardUnderWay)[] = [];
  let seen = 0;
  /** Gathers in order what is done; all of it at the end. */
  const gather = async (all: boolean) => {
    for (let next = queued[0]; next !== undefined; next = queued[0]) {
      if ('reason' in next) own.add(next.file, next.id, next.reason, next.detail);
      else {
        if (!all && !next.settled) return;
        const record = await next.record().catch(deadLetter);
        if (typeof record === 'string') given.push(record);
        else {
          for (const { file, id, reason, detail } of record.skipped) own.add(file, id, reason, detail);
          records.push(record);
          const { name, samples } = record.entry;
          options.onProgress?.({ shard: name, samples, ids: next.ids, reused: next.reused });
        }
      }
      queued.shift();
    }
  };
  try {
    for await (const cut of cutShards(options)) {
      options.signal?.throwIfAborted();
      if ('reason' in cut) seen += cut.reason === 'duplicate-id' ? 0 : 1;
      else seen += cut.samples.length;
      queued.push('reason' in cut ? cut : await begin(cut));
      await gather(false);
    }
    await gather(true);
  } catch (error) {
    stop.abort(error);
    // Nothing of this build goes on behind its caller's back.
    await Promise.allSettled(queued.map(async (item) => ('record' in item ? item.record() : undefined)));
    throw error;
  }
  if (given.length > 0)
    throw new FgamError(
      'data/dead-letter',
      `buildShards: expected every shard to be built, ${given.length} ${given.length === 1 ? 'was' : 'were'} given up: ${given.join('; ')}. ` +
        'Mend the cause and start the same build again: it goes on with these',
    );
  if (records.every(({ entry }) => entry.samples === 0))
    throw new FgamError(
      'data/empty',
      `buildShards: expected samples, got none usable of ${seen}` +
        (own.skips[0] ? `; the first fault: ${own.skips[0].detail}` : ''),
    );
  const skips = [...(options.skipped ?? []), ...own.skips];
  const manifest = await finishShards({ out, settings, records, skips, signal: options.signal });
  // In this order: a worker that still finds a job finds its folder too.
  await queue.finish();
  await removeWorkFiles(out);
  return manifest;
}

/** A shard whose turn to be gathered comes. */
interface ShardUnderWay {
  readonly name: string;
  /** Of the samples that it was cut from. */
  readonly ids: readonly string[];
  readonly reused: boolean;
  settled: boolean;
  readonly record: () => Promise<ShardRecord>;
}

/** Why a queue gave a shard up; other errors end the build. */
function deadLetter(error: unknown): string {
  if (isFgamError(error) && error.code === 'data/dead-letter') return error.message;
  throw error;
}

function missingShard(out: string, name: string): never {
  throw new FgamError(
    'data/missing-file',
    `buildShards: expected ${name} in ${out} when it was built, found none; was the folder changed? Start the build again`,
  );
}

/** Size and time of each image file: part of what a shard is made from. */
function lookAt(samples: readonly RegionSample[]): Promise<SeenFile[]> {
  return mapBounded(samples, 64, async ({ image }) => {
    try {
      const { size, mtimeMs } = await stat(image);
      return [size, mtimeMs];
    } catch (error) {
      // A missing image is the builder's to skip; that it is missing is part of what was seen.
      return error instanceof Error && 'code' in error ? String(error.code) : String(error);
    }
  });
}
