import { existsSync } from 'node:fs';
import { join, parse } from 'node:path';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import { readShard } from './read-shard.js';
import { sha256 } from './sha256.js';
import { SHARD_INDEX_COLUMNS, shardIndexRows, type ShardIndexRow } from './shard-index-row.js';
import type { ShardEntry } from './shard-manifest.js';
import { readShardRows, shardRowsFile } from './shard-rows.js';
import { writeAtomic } from './write-atomic.js';

/** The file's name in a shard folder. */
export const SHARD_INDEX = 'index.parquet';

/** Rows that are held and written together. */
const ROWS_PER_GROUP = 10_000;

const ELEMENTS = {
  STRING: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  INT32: { type: 'INT32' },
  DOUBLE: { type: 'DOUBLE' },
} as const;

/**
 * Writes `index.parquet` of finished shards: a row a region, in the order of the shards. Rows were written
 * beside each tar; of shards that an earlier build finished the tar is read once more, as a stream. The same
 * shards give the same bytes, whole or not at all.
 *
 * @throws FgamError `data/not-writable`; `data/missing-file` or `data/bad-record` where a shard
 * is not as its entry says
 */
export async function writeShardIndex(
  folder: string,
  shards: readonly ShardEntry[],
  signal?: AbortSignal,
): Promise<void> {
  await writeAtomic(join(folder, SHARD_INDEX), async (temporary) => {
    const writer = new ParquetWriter({
      writer: fileWriter(temporary),
      schema: [
        { name: 'root', num_children: SHARD_INDEX_COLUMNS.length },
        ...SHARD_INDEX_COLUMNS.map((column) => ({
          ...ELEMENTS[column.type],
          name: column.name,
          repetition_type: 'nullable' in column ? ('OPTIONAL' as const) : ('REQUIRED' as const),
        })),
      ],
      createdBy: '@fgam/data',
    });
    let waiting: ShardIndexRow[] = [];
    const flush = async () => {
      const columnData = SHARD_INDEX_COLUMNS.map(({ name }) => ({
        name,
        data: waiting.map((row) => row[name]),
      }));
      if (waiting.length > 0) await writer.write({ columnData, rowGroupSize: ROWS_PER_GROUP });
      waiting = [];
    };
    for (const entry of shards) {
      for await (const rows of rowsOf(folder, entry)) {
        signal?.throwIfAborted();
        for (const row of rows) {
          waiting.push(row);
          if (waiting.length === ROWS_PER_GROUP) await flush();
        }
      }
    }
    await flush();
    await writer.finish();
  });
}

/** The rows of a shard, a sample's at a time. */
async function* rowsOf(folder: string, entry: ShardEntry): AsyncGenerator<ShardIndexRow[], void, undefined> {
  const { name } = parse(entry.name);
  const file = shardRowsFile(folder, name);
  if (existsSync(file)) {
    yield* readShardRows(file);
    return;
  }
  for await (const { sample, image, split, shard } of readShard(join(folder, entry.name), entry))
    yield shardIndexRows(sample, { shard, key: parse(sample.image).name, split, sha256: sha256(image) });
}
