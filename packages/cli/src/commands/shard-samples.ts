import { writeFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import {
  type BuildShardsOptions,
  type DataSplit,
  readShardManifest,
  readShards,
  type RegionSample,
} from '@fgam/data';

/** A shard folder whose samples go into new shards. */
export interface ShardSource {
  readonly total: number;
  /** The samples; their images are laid in a folder. */
  readonly samples: AsyncIterable<RegionSample>;
  /** What keeps each sample in its split, and shards of their size. */
  readonly plan: Pick<BuildShardsOptions, 'imagesPerShard' | 'splitOf'>;
}

/** Opens a shard folder as a source: its samples come with their images laid in `images`. */
export async function openShardSource(source: string, images: string): Promise<ShardSource> {
  const { samples: total, options } = await readShardManifest(source);
  const { imagesPerShard } = options;
  const splits = new Map<string, DataSplit>();

  async function* unpack(): AsyncGenerator<RegionSample> {
    let count = 0;
    for await (const { sample, image, split } of readShards(source)) {
      splits.set(sample.id, split);
      const path = join(images, `${count++}${parse(sample.image).ext}`);
      await writeFile(path, image);
      yield { ...sample, image: path };
    }
  }

  return {
    total,
    samples: unpack(),
    plan: {
      ...(typeof imagesPerShard === 'number' ? { imagesPerShard } : {}),
      splitOf: ({ id }) => splits.get(id) ?? 'train',
    },
  };
}
