import { writeFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { readShardManifest, readShards, type RegionSample } from '@fgam/data';

/** How a shard folder splits its samples, for shards that are made of it. */
export interface ShardSplits {
  readonly validation?: number;
  readonly seed?: number;
}

/** Number of samples of a shard folder, and how it splits them. */
export async function shardPlan(
  folder: string,
): Promise<{ readonly total: number; readonly splits: ShardSplits }> {
  const { samples, options } = await readShardManifest(folder);
  const { validation, seed } = options;
  return {
    total: samples,
    splits: {
      ...(typeof validation === 'number' ? { validation } : {}),
      ...(typeof seed === 'number' ? { seed } : {}),
    },
  };
}

/** The samples of a shard folder; their images are laid in another. */
export async function* unpackShards(source: string, folder: string): AsyncGenerator<RegionSample> {
  let count = 0;
  for await (const { sample, image } of readShards(source)) {
    const path = join(folder, `${count++}${parse(sample.image).ext}`);
    await writeFile(path, image);
    yield { ...sample, image: path };
  }
}
