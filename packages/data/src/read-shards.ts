import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { extract } from 'tar-stream';
import type { DataSplit } from './data-split.js';
import { FgamError, isFgamError } from './error.js';
import { parseJson } from './json.js';
import type { RegionSample } from './records.js';
import { regionSampleSchema } from './region-sample-schema.js';
import { describeFaults } from './parse-record.js';
import { readShardManifest, type ShardEntry } from './shard-manifest.js';

/** A sample of a shard with its image's encoded bytes; `sample.image` is the file's name in the shard. */
export interface ShardSample {
  readonly sample: RegionSample;
  readonly image: Uint8Array;
  readonly split: DataSplit;
  readonly shard: string;
}

/**
 * Streams a shard folder, shard by shard; one sample is held at a time.
 *
 * @param folder - written by `buildShards`
 * @param options - `split`: only this one; `verify`: check each shard's SHA-256 before its first sample (default true)
 * @throws FgamError `data/missing-file` where the manifest or a shard is missing; `data/bad-record` where a shard is not what
 *   the manifest says
 */
export async function* readShards(
  folder: string,
  options: { readonly split?: DataSplit; readonly verify?: boolean } = {},
): AsyncGenerator<ShardSample, void, undefined> {
  const { shards } = await readShardManifest(folder);
  for (const entry of shards) {
    if (options.split !== undefined && entry.split !== options.split) continue;
    const path = join(folder, entry.name);
    if (options.verify ?? true) await verify(path, entry);
    yield* readShard(path, entry);
  }
}

function broken(path: string, got: string, cause?: unknown): FgamError {
  return new FgamError(
    'data/bad-record',
    `readShards: expected ${path} as its manifest records it, got: ${got}; build the shards again`,
    { cause },
  );
}

function unreadable(path: string, error: unknown): Error {
  if (isFgamError(error)) return error;
  const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
  const said = error instanceof Error ? error.message : String(error);
  return missing
    ? new FgamError(
        'data/missing-file',
        `readShards: expected the shard ${path}, found none; build the shards again`,
        {
          cause: error,
        },
      )
    : broken(path, said, error);
}

async function verify(path: string, entry: ShardEntry): Promise<void> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.length;
    }
  } catch (error) {
    throw unreadable(path, error);
  }
  if (bytes !== entry.bytes) throw broken(path, `${bytes} bytes instead of ${entry.bytes}`);
  if (hash.digest('hex') !== entry.sha256) throw broken(path, 'another SHA-256');
}

async function* readShard(path: string, entry: ShardEntry): AsyncGenerator<ShardSample, void, undefined> {
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
      const result = regionSampleSchema.safeParse(parseJson(bytes.toString('utf8'), `${path}/${name}`));
      if (!result.success) throw broken(path, `${name}: ${describeFaults(result.error)}`);
      if (image?.name !== result.data.image)
        throw broken(path, `${name} without its image ${result.data.image}`);
      samples++;
      yield { sample: result.data, image: image.bytes, split: entry.split, shard: entry.name };
      image = undefined;
    }
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    file.destroy();
  }
  if (samples !== entry.samples) throw broken(path, `${samples} samples instead of ${entry.samples}`);
}
