import { join } from 'node:path';
import type { DataSplit } from './data-split.js';
import { readShard, type ShardSample, verifyShard } from './read-shard.js';
import { readShardManifest } from './shard-manifest.js';

/**
 * Streams a shard folder, shard by shard; one sample is held at a time.
 *
 * @param folder - written by `buildShards`
 * @param options - `split`: only this one; `verify`: check each shard's SHA-256 before its first sample (default true)
 * @throws FgamError `data/missing-file` where the manifest or a shard is missing; `data/bad-record` where a
 * shard is not what the manifest says
 */
export async function* readShards(
  folder: string,
  options: { readonly split?: DataSplit; readonly verify?: boolean } = {},
): AsyncGenerator<ShardSample, void, undefined> {
  const { shards } = await readShardManifest(folder);
  for (const entry of shards) {
    if (options.split !== undefined && entry.split !== options.split) continue;
    const path = join(folder, entry.name);
    if (options.verify ?? true) await verifyShard(path, entry);
    yield* readShard(path, entry);
  }
}
