#!/usr/bin/env node
/**
 * Prints a shard folder as `readShards` and `readShardIndex` read it, a JSON value a line:
 * `{"sample", "key", "sha256", "split", "shard"}` a sample, then `{"row"}` a row of the index. What other
 * readers of shards are compared with (`tools/check-shards.py`).
 *
 *     npm run build -w @fgam/data
 *     node tools/dump-shards.mjs shards
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { parse } from 'node:path';
import { readShardIndex, readShards } from '../packages/data/dist/index.js';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('dump-shards: expected a folder of shards');

async function print(value) {
  if (!process.stdout.write(`${JSON.stringify(value)}\n`)) await once(process.stdout, 'drain');
}

for await (const { sample, image, split, shard } of readShards(folder)) {
  const sha256 = createHash('sha256').update(image).digest('hex');
  await print({ sample, key: parse(sample.image).name, sha256, split, shard });
}
for await (const row of readShardIndex(folder)) await print({ row });
