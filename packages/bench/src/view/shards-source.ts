import { basename, resolve } from 'node:path';
import { openShardLookup, readShardManifest, readShardTexts, type ShardTextRow } from '@fgam/data';
import { rowAt } from './row-at.js';
import { sampleRow } from './sample-row.js';
import type { ViewRow, ViewSource } from './view-source.js';

/** Where a sample lies. */
type SamplePlace = Pick<ShardTextRow, 'shard' | 'key'>;

/**
 * A shard folder, for `serveView`. The list is read from `index.parquet` after this returns, ten thousand
 * regions at a time and only the columns of words; a sample and its image are read from their tar on demand.
 * Samples without a region are in no index: they are counted, not listed. An index of a former version has
 * neither captions nor relations, so nothing is found by them until `buildShards` writes it anew.
 *
 * @param folder - written by `buildShards`
 * @throws FgamError as `readShardManifest`
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { shardsSource } from '@fgam/bench/view';
 * import { buildShards } from '@fgam/data';
 * import sharp from 'sharp';
 *
 * const folder = await mkdtemp(join(tmpdir(), 'view-'));
 * const [image, out] = [join(folder, 'a.png'), join(folder, 'shards')];
 * await sharp({ create: { width: 8, height: 8, channels: 3, background: '#f00' } }).toFile(image);
 * const box = { x0: 0, y0: 0, x1: 1, y1: 1 };
 * const regions = [{ id: 'r', box, label: 'red', description: 'a red square', source: 'hand' }];
 * await buildShards({ samples: [{ id: 'a', image, width: 8, height: 8, regions }], out });
 * const source = await shardsSource(out);
 * // The list is read after this.
 * while (!source.state().done) await new Promise((resolve) => setTimeout(resolve, 10));
 * if (source.rows[0]?.note !== '1 region: red') throw new Error(source.rows[0]?.note);
 * ```
 */
export async function shardsSource(folder: string): Promise<ViewSource> {
  const { samples: expected } = await readShardManifest(folder);
  const lookup = await openShardLookup(folder);
  const rows: ViewRow[] = [];
  const places: SamplePlace[] = [];
  let isClosed = false;
  let done = false;
  let fault: string | undefined;

  const read = async (): Promise<void> => {
    let open: ShardTextRow[] = [];
    const finish = (): void => {
      const [first] = open;
      if (first === undefined) return;
      const { sample: id, split, caption } = first;
      const relations = open.flatMap((region) => region.relations);
      rows.push(sampleRow({ id, split, regions: open, relations, ...(caption === null ? {} : { caption }) }));
      places.push({ shard: first.shard, key: first.key });
      open = [];
    };
    for await (const group of readShardTexts(folder)) {
      if (isClosed) return;
      for (const region of group) {
        const [first] = open;
        // Regions of one sample follow each other; an id may come again in another shard.
        if (first !== undefined && (first.key !== region.key || first.shard !== region.shard)) finish();
        open.push(region);
      }
    }
    finish();
  };
  read()
    .catch((error: unknown) => {
      fault = error instanceof Error ? error.message : String(error);
    })
    .finally(() => {
      done = true;
    });

  return {
    title: basename(resolve(folder)),
    noun: 'samples',
    rows,
    filters: ['split', 'label', 'relation', 'source'],
    state: () => ({ done, expected, ...(fault === undefined ? {} : { fault }) }),
    detail: async (row) => {
      const { sample, split, shard } = await lookup.read(rowAt(places, row));
      return {
        title: sample.id,
        facts: [
          ['split', split],
          ['shard', shard],
          ['image', sample.image],
        ],
        hasImage: true,
        sample,
      };
    },
    image: async (row) => (await lookup.read(rowAt(places, row))).image,
    close: () => {
      isClosed = true;
    },
  };
}
