import { join } from 'node:path';
import { hashFile } from './hash-file.js';
import { sha256 } from './sha256.js';
import {
  hasManifest,
  readKeptIndex,
  removeManifest,
  removeStaleShards,
  writeManifest,
} from './shard-folder.js';
import type { ShardManifest, ShardRecord } from './shard-manifest.js';
import type { Skip } from './skips.js';
import { writeAtomic } from './write-atomic.js';
import { SHARD_INDEX, writeShardIndex } from './write-shard-index.js';

/**
 * Writes what lists the shards of a folder (`index.jsonl`, `skipped.jsonl`, `index.parquet`), and last the manifest.
 *
 * @throws FgamError `data/not-writable`; as `writeShardIndex`
 */
export async function finishShards(build: {
  readonly out: string;
  readonly settings: ShardManifest['options'];
  readonly records: readonly ShardRecord[];
  readonly skips: readonly Skip[];
  readonly signal: AbortSignal | undefined;
}): Promise<ShardManifest> {
  const { out, settings, records, skips, signal } = build;
  const count = (of: 'samples' | 'regions') => records.reduce((sum, { entry }) => sum + entry[of], 0);
  const texts = {
    'index.jsonl': records.flatMap(({ index }) => index).join(''),
    'skipped.jsonl': skips.map((skip) => `${JSON.stringify(skip)}\n`).join(''),
  };
  const shards = records.map(({ entry }) => entry);
  const manifestOf = (index: string): ShardManifest => ({
    format: 'fgam-shards',
    version: 1,
    options: settings,
    samples: count('samples'),
    regions: count('regions'),
    skipped: skips.length,
    shards,
    files: {
      ...Object.fromEntries(Object.entries(texts).map(([file, text]) => [file, sha256(text)])),
      [SHARD_INDEX]: index,
    },
  });
  const keptIndex = await readKeptIndex(out, shards);
  // A manifest that stands while files change would list what is no longer there.
  if (keptIndex === undefined || !(await hasManifest(out, manifestOf(keptIndex)))) await removeManifest(out);
  for (const [file, text] of Object.entries(texts)) await writeAtomic(join(out, file), text);
  if (keptIndex === undefined) await writeShardIndex(out, shards, signal);
  await removeStaleShards(out, new Set(shards.map(({ name }) => name.replace('.tar', ''))));
  const manifest = manifestOf(keptIndex ?? (await hashFile(join(out, SHARD_INDEX))).sha256);
  await writeManifest(out, manifest);
  return manifest;
}
