import { randomUUID } from 'node:crypto';
import { mkdir, open, opendir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { DataSplit } from './data-split.js';
import { FgamError, isFgamError } from './error.js';
import { isMissingFile } from './is-missing-file.js';
import { JsonArrayWriter } from './json-array-writer.js';
import { mapAhead } from './map-ahead.js';
import { regionSampleSchema } from './region-sample-schema.js';
import { sha256 } from './sha256.js';
import { type ShardImage, shardImage } from './shard-image.js';
import { shardIndexRows } from './shard-index-row.js';
import { shardJobFolder } from './shard-job.js';
import type { JobSample } from './shard-job-samples.js';
import type { ShardEntry, ShardRecord } from './shard-manifest.js';
import { type TarFile, writeTarFile } from './shard-tar.js';
import type { Skip } from './skips.js';
import { isFileSystemError, notWritable } from './write-atomic.js';

/** Images that are read ahead of the one that is written. */
const AHEAD = 16;

/** Faults of a single image, for which its sample is skipped. */
const OF_IMAGE: ReadonlySet<string> = new Set(['data/missing-file', 'data/bad-image']);

/** Names within a job's folder. */
export const BUILT = { folder: 'done', tar: 'shard.tar', rows: 'rows.json', record: 'record.json' } as const;

/** A job as its builder takes it. */
export interface ShardAttempt {
  readonly out: string;
  readonly name: string;
  readonly split: DataSplit;
  readonly fingerprint: string;
  readonly imageSize: number | null;
  readonly samples: Iterable<JobSample> | AsyncIterable<JobSample>;
  /** Folder that relative paths of images start from. */
  readonly base: string;
  readonly signal: AbortSignal;
  /** Called after each sample. */
  readonly onSample?: (done: number) => void;
}

/**
 * Builds one shard into its job's folder. Tar, rows and record are written into a folder of this attempt
 * alone, which is then renamed to `done`: the first to come there stays, whoever else builds the same shard
 * (one whose lease ran out, say), and one that dies leaves no part of it.
 *
 * @throws FgamError `data/missing-file` where an image is not there that the coordinator saw, nor any file
 * beside it; `data/bad-record` where it has another size; `data/bad-config` for an `imageSize` that is none;
 * `data/not-writable`
 */
export async function buildShardJob(work: ShardAttempt): Promise<void> {
  const folder = shardJobFolder(work.out, work);
  const done = join(folder, BUILT.folder);
  if (await isBuilt(done)) return;
  const attempt = join(folder, `${process.pid}-${randomUUID()}.attempt`);
  try {
    // Not with the folders above: a worker that is late must not bring back what the coordinator has removed.
    await mkdir(attempt);
    await writeAttempt(attempt, work);
    await publish(attempt, done);
  } catch (error) {
    throw isFileSystemError(error) ? notWritable(attempt, error) : error;
  } finally {
    await rm(attempt, { recursive: true, force: true });
  }
}

/** Whether somebody has built the shard. */
export async function isBuilt(done: string): Promise<boolean> {
  try {
    return (await stat(join(done, BUILT.record))).isFile();
  } catch {
    // Not there, or not to be seen yet: the job is still to do.
    return false;
  }
}

async function publish(attempt: string, done: string): Promise<void> {
  try {
    await rename(attempt, done);
  } catch (error) {
    // A folder that is not empty is not replaced: somebody was first.
    if (!(await isBuilt(done))) throw error;
  }
}

async function writeAttempt(attempt: string, work: ShardAttempt): Promise<void> {
  const { name, split, fingerprint } = work;
  const index: string[] = [];
  const skipped: Skip[] = [];
  let regions = 0;
  const rows = await JsonArrayWriter.open(join(attempt, BUILT.rows));
  async function* files(): AsyncGenerator<TarFile> {
    let place = -1;
    for await (const { sample, image } of mapAhead(work.samples, AHEAD, (item) => load(item, work))) {
      work.signal.throwIfAborted();
      place++;
      work.onSample?.(place);
      if (image instanceof Error) {
        const reason = image.code === 'data/missing-file' ? 'missing-image' : 'bad-image';
        skipped.push({ file: sample.image, id: sample.id, reason, detail: image.message });
        continue;
      }
      const key = `${name}-${String(place).padStart(6, '0')}`;
      const file = `${key}.${image.extension}`;
      const record = JSON.stringify({ ...sample, image: file });
      yield { name: file, content: image.bytes };
      yield { name: `${key}.json`, content: Buffer.from(record) };
      // As it will be read: the index says what the tar holds.
      const held = regionSampleSchema.parse(JSON.parse(record));
      const of = { shard: `${name}.tar`, key, split, sha256: sha256(image.bytes) };
      if (held.regions.length > 0) await rows.add(shardIndexRows(held, of));
      regions += sample.regions.length;
      const { id, width, height } = sample;
      const line = { id, split, shard: `${name}.tar`, key, width, height, regions: sample.regions.length };
      index.push(`${JSON.stringify(line)}\n`);
    }
    await rows.finish();
  }
  try {
    const written = await writeTarFile(join(attempt, BUILT.tar), files());
    const entry: ShardEntry = { name: `${name}.tar`, split, ...written, samples: index.length, regions };
    const record: ShardRecord = { fingerprint, entry, index, skipped };
    await writeSynced(join(attempt, BUILT.record), JSON.stringify(record));
  } finally {
    await rows.close();
  }
}

/** A sample's image as the shard holds it, or why it has none. */
async function load(
  { sample, seen }: JobSample,
  { base, imageSize, signal }: ShardAttempt,
): Promise<{ readonly sample: JobSample['sample']; readonly image: ShardImage | FgamError }> {
  signal.throwIfAborted();
  const path = resolve(base, sample.image);
  if (seen !== undefined && typeof seen !== 'string') await checkSeen(path, seen[0]);
  try {
    return { sample, image: await shardImage(path, imageSize ?? undefined) };
  } catch (error) {
    // Of other faults, such as an `imageSize` that is none, the caller is to know: every image would have them.
    if (!isFgamError(error) || !OF_IMAGE.has(error.code)) throw error;
    return { sample, image: await unusable(path, sample.image, error) };
  }
}

/**
 * Why a sample has no image, by the path that the sample has, wherever it was built. The decoder's own
 * words are left out: libvips has one buffer of errors for all threads, so that they depend on what
 * else is decoded just then.
 */
async function unusable(
  path: string,
  image: string,
  error: Error & { readonly code: string },
): Promise<FgamError> {
  if (error.code === 'data/missing-file')
    return new FgamError('data/missing-file', error.message.replaceAll(path, image));
  const { size } = await stat(path);
  return new FgamError(
    'data/bad-image',
    `buildShards: expected a whole image (PNG, JPEG, WebP...) at ${image}, got ${size} bytes that cannot be decoded, or more pixels ` +
      'than the limit; fetch or write it again',
    { cause: error },
  );
}

/**
 * A worker that does not see the images would build a shard of skips. One that was removed since is
 * skipped, as where no worker is.
 */
async function checkSeen(path: string, bytes: number): Promise<void> {
  let size: number;
  try {
    ({ size } = await stat(path).catch(async (error: unknown) => {
      // Opened and read, a folder on NFS is asked of the server anew.
      if (isMissingFile(error) && (await isAnythingIn(dirname(path)))) return stat(path);
      throw new FgamError('data/missing-file', notSeen(bytes, error), { cause: error });
    }));
  } catch (error) {
    if (isMissingFile(error)) return; // The folder is seen here, without this file.
    throw error;
  }
  if (size !== bytes)
    throw new FgamError(
      'data/bad-record',
      `buildShards: expected ${path} to have ${bytes} bytes, as the coordinator saw it, got ${size}; start the build again`,
    );
}

function notSeen(bytes: number, error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  return (
    `buildShards: expected an image of ${bytes} bytes, as the coordinator saw it, got: ${said}; ` +
    'every host needs the images at the same paths; where all of its folder was removed since, start the build again'
  );
}

/** Whether a folder is there with any file: one where nothing is mounted has none. */
async function isAnythingIn(path: string): Promise<boolean> {
  try {
    for await (const _ of await opendir(path)) return true;
    return false;
  } catch {
    // Not there, or not to be read.
    return false;
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
