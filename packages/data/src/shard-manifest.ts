import { join } from 'node:path';
import { z } from 'zod';
import { FgamError } from './error.js';
import { readJson } from './json.js';
import { describeFaults } from './parse-record.js';
import { SKIP_REASONS } from './skips.js';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().nonnegative();

const shard = z.object({
  name: z.string().regex(/^(?:train|validation)-\d{5,}\.tar$/),
  split: z.enum(['train', 'validation']),
  sha256,
  bytes: count,
  samples: count,
  regions: count,
});

const manifest = z.object({
  format: z.literal('fgam-shards'),
  version: z.literal(1),
  options: z.record(z.string(), z.union([z.number(), z.null()])),
  samples: count,
  regions: count,
  skipped: count,
  shards: z.array(shard),
  files: z.record(z.string(), sha256),
});

const record = z.object({
  fingerprint: sha256,
  entry: shard,
  index: z.array(z.string()),
  skipped: z.array(
    z.object({ file: z.string(), id: z.string(), reason: z.enum(SKIP_REASONS), detail: z.string() }),
  ),
});

/** One tar of a shard folder. */
export type ShardEntry = Readonly<z.infer<typeof shard>>;

/** What a shard folder holds, with the SHA-256 of every file: its `manifest.json`, written last. */
export type ShardManifest = Readonly<z.infer<typeof manifest>>;

/** What a finished shard was made from and gave: the file beside its tar, by which an interrupted build continues. */
export type ShardRecord = Readonly<z.infer<typeof record>>;

/**
 * Reads the record of a shard; undefined where its form is not (or no longer) ours, so that
 * the shard is built again.
 */
export async function readShardRecord(path: string): Promise<ShardRecord | undefined> {
  const result = record.safeParse(await readJson(path));
  return result.success ? result.data : undefined;
}

/**
 * Reads the manifest of a shard folder.
 *
 * @throws FgamError `data/missing-file` where there is none (the build did not finish);
 * `data/bad-json`; `data/bad-record`
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { buildShards, readShardManifest } from '@fgam/data';
 * import sharp from 'sharp';
 * const folder = await mkdtemp(join(tmpdir(), 'manifest-'));
 * const [image, out] = [join(folder, 'a.png'), join(folder, 'shards')];
 * await sharp({ create: { width: 8, height: 8, channels: 3, background: '#f00' } }).toFile(image);
 * const box = { x0: 0, y0: 0, x1: 1, y1: 1 };
 * const regions = [{ id: '1', box, label: 'red', description: 'a red square', source: 'hand' }];
 * await buildShards({ samples: [{ id: 'a', image, width: 8, height: 8, regions }], out, validation: 0 });
 * const { samples, shards, files } = await readShardManifest(out);
 * if (samples !== 1 || shards[0]?.name !== 'train-00000.tar') throw new Error(JSON.stringify(shards));
 * if (files['index.parquet']?.length !== 64) throw new Error('expected its SHA-256 in hexadecimal digits');
 * ```
 */
export async function readShardManifest(folder: string): Promise<ShardManifest> {
  const path = join(folder, 'manifest.json');
  const result = manifest.safeParse(await readJson(path));
  if (result.success) return result.data;
  throw new FgamError(
    'data/bad-record',
    `${path}: expected the manifest of a shard folder, got: ${describeFaults(result.error)}; build the shards again`,
  );
}
