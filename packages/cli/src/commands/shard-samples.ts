import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, rm, utimes, writeFile } from 'node:fs/promises';
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
  /** Samples in it. */
  readonly total: number;
  /** Regions in it. */
  readonly regions: number;
  /** The samples; the image of each is a file until its new shard is there. */
  readonly samples: AsyncIterable<RegionSample>;
  /** Where a sample comes from: tar and file. */
  nameOf(sample: RegionSample): string;
  /** Says that a sample goes into no shard: its image is let go. */
  leave(sample: RegionSample): void;
  /**
   * Options of `buildShards` by which each sample keeps its split, shards keep their size, and images are let
   * go once they are in one.
   */
  into(
    samples: AsyncIterable<RegionSample>,
  ): Pick<BuildShardsOptions, 'samples' | 'imagesPerShard' | 'splitOf' | 'onProgress'>;
  /** Removes what images are left. */
  close(): Promise<void>;
}

/**
 * Opens a shard folder as a source. The images of what is under way are laid in `images`: those of the shards
 * that are filled or built now, and what is read ahead. Their names are their contents' and their times are
 * set, so that `buildShards` knows those of a former run again.
 *
 * @throws FgamError `data/missing-file` where `source` is no shard folder; from `samples`, what `readShards` throws
 */
export async function openShardSource(source: string, images: string): Promise<ShardSource> {
  const { samples: total, regions, options } = await readShardManifest(source);
  const { imagesPerShard } = options;
  const origins = new Map<string, { readonly split: DataSplit; readonly name: string }>();
  /** Samples of each file: two may show one image. */
  const users = new Map<string, number>();
  const splitOf = ({ id }: RegionSample): DataSplit => origins.get(id)?.split ?? 'train';

  async function* unpack(): AsyncGenerator<RegionSample> {
    await rm(images, { recursive: true, force: true });
    for await (const { sample, image, split, shard } of readShards(source)) {
      origins.set(sample.id, { split, name: `${shard}/${sample.image}` });
      const digest = createHash('sha256').update(image).digest('hex');
      const path = join(images, `${digest}${parse(sample.image).ext}`);
      const before = users.get(path) ?? 0;
      users.set(path, before + 1);
      if (before === 0) {
        await mkdir(images, { recursive: true });
        await writeFile(path, image);
        await utimes(path, 0, 0);
      }
      yield { ...sample, image: path };
    }
  }

  const leave = ({ image }: RegionSample): void => {
    const left = (users.get(image) ?? 1) - 1;
    if (left > 0) users.set(image, left);
    else {
      users.delete(image);
      rmSync(image, { force: true });
    }
  };

  return {
    total,
    regions,
    samples: unpack(),
    nameOf: ({ id, image }) => origins.get(id)?.name ?? image,
    leave,
    into(samples) {
      /** Samples that are in no shard yet; undefined for those that are. */
      const taken = new Map<string, RegionSample | undefined>();
      async function* noted(): AsyncGenerator<RegionSample> {
        for await (const sample of samples) {
          const isFirst = !taken.has(sample.id);
          if (isFirst) taken.set(sample.id, sample);
          yield sample;
          // A second sample of an id goes into no shard.
          if (!isFirst) leave(sample);
        }
      }
      return {
        samples: noted(),
        splitOf,
        ...(typeof imagesPerShard === 'number' ? { imagesPerShard } : {}),
        // Of these alone: shards after this one may be under way.
        onProgress({ ids }) {
          for (const id of ids) {
            const sample = taken.get(id);
            if (sample !== undefined) leave(sample);
            taken.set(id, undefined);
          }
        },
      };
    },
    close: () => rm(images, { recursive: true, force: true }),
  };
}
