import { join } from 'node:path';
import { z } from 'zod';
import { FgamError } from './error.js';
import { readJsonArray } from './json-array.js';
import { describeFaults } from './parse-record.js';
import { type ShardIndexRow, shardIndexRowSchema } from './shard-index-row.js';

/** The file beside a shard's tar that holds its rows of `index.parquet` until that is written. */
export function shardRowsFile(out: string, name: string): string {
  return join(out, `${name}.rows.json`);
}

const rows = z.array(shardIndexRowSchema);

/**
 * Streams the rows of one shard, a sample's at a time.
 * @throws FgamError `data/missing-file`; `data/bad-json`; `data/bad-record`
 */
export async function* readShardRows(path: string): AsyncGenerator<ShardIndexRow[], void, undefined> {
  for await (const value of readJsonArray(path)) {
    const result = rows.safeParse(value);
    if (!result.success)
      throw new FgamError(
        'data/bad-record',
        `${path}: expected rows of a shard, got: ${describeFaults(result.error)}; remove the file and build again`,
      );
    yield result.data;
  }
}
