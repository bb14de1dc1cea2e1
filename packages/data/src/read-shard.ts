import { createReadStream } from 'node:fs';
import { basename, extname } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { extract } from 'tar-stream';
import type { DataSplit } from './data-split.js';
import { FgamError, isFgamError } from './error.js';
import { isMissingFile } from './is-missing-file.js';
import { hashFile } from './hash-file.js';
import { parseJson } from './json.js';
import { describeFaults } from './parse-record.js';
import type { RegionSample } from './records.js';
import { regionSampleSchema } from './region-sample-schema.js';
import type { ShardEntry } from './shard-manifest.js';

/** A sample of a shard with its image's encoded bytes; `sample.image` is the file's name in the shard. */
export interface ShardSample {
  readonly sample: RegionSample;
  readonly image: Uint8Array;
  readonly split: DataSplit;
  readonly shard: string;
}

/** The error of a tar that is not what its manifest records. */
export function brokenShard(path: string, got: string, cause?: unknown): FgamError {
  return new FgamError(
    'data/bad-record',
    `readShards: expected ${path} as its manifest records it, got: ${got}; build the shards again`,
    { cause },
  );
}

/** The error of a tar that can't be read. */
export function unreadableShard(path: string, error: unknown): Error {
  if (isFgamError(error)) return error;
  const missing = isMissingFile(error);
  const said = error instanceof Error ? error.message : String(error);
  return missing
    ? new FgamError(
        'data/missing-file',
        `readShards: expected the shard ${path}, found none; build the shards again`,
        {
          cause: error,
        },
      )
    : brokenShard(path, said, error);
}

/**
 * Checks that a tar has the length and SHA-256 of its entry.
 * @throws FgamError `data/missing-file`, `data/bad-record`
 */
export async function verifyShard(path: string, entry: ShardEntry): Promise<void> {
  let found: Awaited<ReturnType<typeof hashFile>>;
  try {
    found = await hashFile(path);
  } catch (error) {
    throw unreadableShard(path, error);
  }
  if (found.bytes !== entry.bytes) throw brokenShard(path, `${found.bytes} bytes instead of ${entry.bytes}`);
  if (found.sha256 !== entry.sha256) throw brokenShard(path, 'another SHA-256');
}

/** Streams the samples of one tar. @throws FgamError `data/missing-file`, `data/bad-record` */
export async function* readShard(
  path: string,
  entry: ShardEntry,
): AsyncGenerator<ShardSample, void, undefined> {
  const file = createReadStream(path, { highWaterMark: 1 << 20 });
  const tar = extract();
  file.on('error', (error) => tar.destroy(error));
  file.pipe(tar);
  let image: { readonly name: string; readonly bytes: Uint8Array } | undefined;
  let samples = 0;
  try {
    for await (const part of tar) {
      const name = basename(part.header.name);
      const bytes = await buffer(part);
      if (extname(name) !== '.json') {
        image = { name, bytes };
        continue;
      }
      const sample = parseShardSample(bytes, path, name);
      if (image?.name !== sample.image) throw brokenShard(path, `${name} without its image ${sample.image}`);
      samples++;
      yield { sample, image: image.bytes, split: entry.split, shard: entry.name };
      image = undefined;
    }
  } catch (error) {
    throw unreadableShard(path, error);
  } finally {
    file.destroy();
  }
  if (samples !== entry.samples) throw brokenShard(path, `${samples} samples instead of ${entry.samples}`);
}

/** The record of a sample in a tar. @throws FgamError `data/bad-json`, `data/bad-record` */
export function parseShardSample(bytes: Buffer, path: string, name: string): RegionSample {
  const result = regionSampleSchema.safeParse(parseJson(bytes.toString('utf8'), `${path}/${name}`));
  if (result.success) return result.data;
  throw brokenShard(path, `${name}: ${describeFaults(result.error)}`);
}
