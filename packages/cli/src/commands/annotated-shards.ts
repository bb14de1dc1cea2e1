import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type DataSplit,
  FgamError,
  makeFolder,
  readShards,
  type RegionSample,
  writeAtomic,
} from '@fgam/data';

/** A choice of a shard folder's samples. */
export interface AnnotatedShardsOptions {
  readonly split: DataSplit;
  /** Folder that the images are laid in; default: they stay in their tars. */
  readonly images?: string;
}

/**
 * The samples of one split of a shard folder. Their images' names are those within the tars, and of the files
 * that are laid in `images`; files that are there are kept.
 *
 * @throws FgamError `data/empty` where the split has none; `data/bad-config` where `images` holds another image
 * of such a name, before one is laid; as `readShards`
 */
export async function readAnnotatedShards(
  folder: string,
  { split, images }: AnnotatedShardsOptions,
): Promise<RegionSample[]> {
  const there = images === undefined ? undefined : await imagesThere(folder, { split, images });
  const samples: RegionSample[] = [];
  for await (const { sample, image } of readShards(folder, { split })) {
    if (images !== undefined && !there?.has(sample.image))
      await writeAtomic(join(images, sample.image), image);
    samples.push(sample);
  }
  if (samples.length === 0)
    throw new FgamError('data/empty', `${folder}: expected samples of the ${split} split, got none`);
  return samples;
}

/** Names of the split's images that lie in `images`, which is made. Names are the same in every shard folder. */
async function imagesThere(
  folder: string,
  { split, images }: Required<AnnotatedShardsOptions>,
): Promise<ReadonlySet<string>> {
  await makeFolder(images);
  const names = new Set(await readdir(images));
  const found = new Set<string>();
  if (names.size === 0) return found;
  for await (const { sample, image } of readShards(folder, { split })) {
    if (!names.has(sample.image)) continue;
    const path = join(images, sample.image);
    if (!(await readFile(path)).equals(image))
      throw new FgamError(
        'data/bad-config',
        `${path}: expected the image of this name in ${folder}, got another; choose another --images folder, or remove it`,
      );
    found.add(sample.image);
  }
  return found;
}
