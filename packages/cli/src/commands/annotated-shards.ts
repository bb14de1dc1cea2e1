import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DataSplit, FgamError, makeFolder, readShards, type RegionSample } from '@fgam/data';

/** A choice of a shard folder's samples. */
export interface AnnotatedShardsOptions {
  readonly split: DataSplit;
  /** Folder that the images are laid in; default: they stay in their tars. */
  readonly images?: string;
}

/**
 * The samples of one split of a shard folder. Their images' names are those within the tars, and of the files
 * that are laid in `images`.
 *
 * @throws FgamError `data/empty` where the split has none; as `readShards`
 */
export async function readAnnotatedShards(
  folder: string,
  { split, images }: AnnotatedShardsOptions,
): Promise<RegionSample[]> {
  if (images !== undefined) await makeFolder(images);
  const samples: RegionSample[] = [];
  for await (const { sample, image } of readShards(folder, { split })) {
    if (images !== undefined) await writeFile(join(images, sample.image), image);
    samples.push(sample);
  }
  if (samples.length === 0)
    throw new FgamError('data/empty', `${folder}: expected samples of the ${split} split, got none`);
  return samples;
}
