import { join } from 'node:path';
import { FgamError, readJson, readShardManifest, readShards, type RegionSample } from '@fgam/data';
import { z } from 'zod';
import { readSceneData, type SceneData } from '../scene-data.js';
import { isTrajectoryFile } from './is-trajectory-file.js';

/** A sample of a shard with its image's encoded bytes. */
export interface ShardImageSample {
  readonly sample: RegionSample;
  readonly image: Uint8Array;
}

/** What a run trains on: a scenes folder, the training split of a shard folder, or a file of trajectories. */
export type TrainingData =
  | { readonly kind: 'scenes'; readonly scenes: SceneData }
  | {
      readonly kind: 'shards';
      readonly samples: readonly ShardImageSample[];
      /** Side to which the images were stretched; undefined where they are as they were. */
      readonly imageSize: number | undefined;
    }
  /** A file of trajectories. */
  | { readonly kind: 'trajectories' };

/** Encoded images are held in memory, since their order is drawn anew each epoch. */
const MOST_BYTES = 4 * 2 ** 30;

const anyManifest = z.looseObject({ format: z.enum(['fgam-scenes', 'fgam-shards']) });

/**
 * Reads a folder made by `fgam data build`, whose manifest says which kind it is. A file of trajectories is read
 * by those who train on it.
 *
 * @throws FgamError `data/missing-file` or `data/bad-record` for another folder, `data/empty` for one without
 * training samples, `data/too-large` where the images of the shards do not fit in memory; as the readers do
 */
export async function readTrainingData(folder: string): Promise<TrainingData> {
  if (isTrajectoryFile(folder)) return { kind: 'trajectories' };
  const path = join(folder, 'manifest.json');
  const manifest = anyManifest.safeParse(await readJson(path));
  if (!manifest.success) {
    throw new FgamError(
      'data/bad-record',
      `${path}: expected the manifest of a scenes or shard folder; make one with fgam data build`,
    );
  }
  if (manifest.data.format === 'fgam-scenes') return { kind: 'scenes', scenes: await readSceneData(folder) };
  const { shards, options } = await readShardManifest(folder);
  const own = shards.filter(({ split }) => split === 'train');
  const bytes = own.reduce((sum, shard) => sum + shard.bytes, 0);
  if (bytes > MOST_BYTES) {
    throw new FgamError<'data/too-large'>(
      'data/too-large',
      `${folder}: expected at most ${MOST_BYTES / 2 ** 30} GiB of training shards, got ${(bytes / 2 ** 30).toFixed(1)}; ` +
        'build them with --image-size, at the size that the model reads',
    );
  }
  const samples: ShardImageSample[] = [];
  for await (const { sample, image } of readShards(folder, { split: 'train' }))
    samples.push({ sample, image });
  if (samples.length === 0) {
    throw new FgamError(
      'data/empty',
      `${folder}: expected training samples, got none; build the shards with a smaller --validation share`,
    );
  }
  return { kind: 'shards', samples, imageSize: options['imageSize'] ?? undefined };
}
