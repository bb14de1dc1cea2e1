import { open } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { basename, extname, join, parse } from 'node:path';
import { extract } from 'tar-stream';
import { brokenShard, parseShardSample, type ShardSample, unreadableShard } from './read-shard.js';
import type { ShardIndexRow } from './shard-index-row.js';
import { readShardManifest } from './shard-manifest.js';

/** Single samples of a shard folder. */
export interface ShardLookup {
  /**
   * Reads one sample where it lies in its tar. A tar's first sample takes a pass over the tar, which finds the others.
   *
   * @throws FgamError `data/missing-file`; `data/bad-record` where the shard or the sample is not there, or
   * not what the manifest says
   */
  readonly read: (row: Pick<ShardIndexRow, 'shard' | 'key'>) => Promise<ShardSample>;
}

/** Where a file's content lies in its tar, in bytes. */
interface Place {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

/** The two files of a key. */
interface Places {
  image?: Place;
  record?: Place;
}

/**
 * Opens a shard folder for samples in any order, as a viewer wants them. Neither the tars' SHA-256 nor that
 * of the index is checked.
 *
 * @param folder - written by `buildShards`
 * @throws FgamError as `readShardManifest`
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { buildShards, openShardLookup, readShardIndex } from '@fgam/data';
 * import sharp from 'sharp';
 * const folder = await mkdtemp(join(tmpdir(), 'lookup-'));
 * const [image, out] = [join(folder, 'a.png'), join(folder, 'shards')];
 * await sharp({ create: { width: 8, height: 8, channels: 3, background: '#f00' } }).toFile(image);
 * const box = { x0: 0, y0: 0, x1: 1, y1: 1 };
 * const regions = [{ id: '1', box, label: 'red', description: 'a red square', source: 'hand' }];
 * await buildShards({ samples: [{ id: 'a', image, width: 8, height: 8, regions }], out, validation: 0 });
 * const lookup = await openShardLookup(out);
 * // The index says where each region's sample lies.
 * for await (const row of readShardIndex(out)) {
 *   const { sample } = await lookup.read(row);
 *   if (sample.id !== 'a' || sample.regions[0]?.id !== row.region) throw new Error(JSON.stringify(sample));
 * }
 * ```
 */
export async function openShardLookup(folder: string): Promise<ShardLookup> {
  const { shards } = await readShardManifest(folder);
  const entries = new Map(shards.map((entry) => [entry.name, entry]));
  const passes = new Map<string, Promise<ReadonlyMap<string, Places>>>();
  return {
    async read({ shard, key }) {
      const path = join(folder, 'manifest.json');
      const entry = entries.get(shard);
      if (entry === undefined) throw brokenShard(path, `a region in the shard ${JSON.stringify(shard)}`);
      const tar = join(folder, entry.name);
      let pass = passes.get(shard);
      if (pass === undefined) {
        pass = findPlaces(tar);
        passes.set(shard, pass);
        // The next reader tries again: the file may be back by then.
        pass.catch(() => passes.delete(shard));
      }
      const { image, record } = (await pass).get(key) ?? {};
      if (image === undefined || record === undefined)
        throw brokenShard(tar, `no whole sample ${JSON.stringify(key)}`);
      const [imageBytes, recordBytes] = await readPlaces(tar, [image, record]);
      if (imageBytes === undefined || recordBytes === undefined) throw brokenShard(tar, 'a shorter file');
      const sample = parseShardSample(recordBytes, tar, record.name);
      if (sample.image !== image.name)
        throw brokenShard(tar, `${record.name} without its image ${sample.image}`);
      return { sample, image: imageBytes, split: entry.split, shard };
    },
  };
}

async function findPlaces(path: string): Promise<ReadonlyMap<string, Places>> {
  const places = new Map<string, Places>();
  const file = createReadStream(path, { highWaterMark: 1 << 20 });
  const tar = extract();
  file.on('error', (error) => tar.destroy(error));
  file.pipe(tar);
  try {
    for await (const part of tar) {
      const { header } = part;
      part.resume();
      // In no type of tar-stream's, but in its headers.
      if (!('byteOffset' in header) || typeof header.byteOffset !== 'number')
        throw new Error('no offset of an entry');
      const name = basename(header.name);
      const key = parse(name).name;
      const known = places.get(key) ?? {};
      const place = { name, offset: header.byteOffset, size: header.size ?? 0 };
      places.set(key, extname(name) === '.json' ? { ...known, record: place } : { ...known, image: place });
    }
  } catch (error) {
    throw unreadableShard(path, error);
  } finally {
    file.destroy();
  }
  return places;
}

async function readPlaces(path: string, places: readonly Place[]): Promise<Buffer[]> {
  try {
    const file = await open(path);
    try {
      return await Promise.all(
        places.map(async ({ offset, size }) => {
          const bytes = Buffer.alloc(size);
          const { bytesRead } = await file.read(bytes, 0, size, offset);
          if (bytesRead < size) throw new Error(`${bytesRead} bytes instead of ${size} at ${offset}`);
          return bytes;
        }),
      );
    } finally {
      await file.close();
    }
  } catch (error) {
    throw unreadableShard(path, error);
  }
}
