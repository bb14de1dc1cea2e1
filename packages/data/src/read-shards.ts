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
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { buildShards, readShards } from '@fgam/data';
 * import sharp from 'sharp';
 * const folder = await mkdtemp(join(tmpdir(), 'shards-'));
 * const [path, out] = [join(folder, 'a.png'), join(folder, 'shards')];
 * await sharp({ create: { width: 8, height: 4, channels: 3, background: '#f00' } }).toFile(path);
 * const box = { x0: 0, y0: 0, x1: 1, y1: 1 };
 * const regions = [{ id: '1', box, label: 'red', description: 'a red field', source: 'hand' }];
 * const samples = [{ id: 'a', image: path, width: 8, height: 4, regions }];
 * await buildShards({ samples, out, validation: 0 });
 * const found = [];
 * for await (const { sample, image } of readShards(out, { split: 'train' }))
 *   // The image comes as the bytes of its file: a PNG's second byte is a P.
 *   found.push(`${sample.id}: ${sample.regions[0]?.description}, ${String.fromCharCode(image[1] ?? 0)}`);
 * if (found.join() !== 'a: a red field, P') throw new Error(found.join());
 * ```
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
