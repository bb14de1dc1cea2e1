import { join } from 'node:path';
import { z } from 'zod';
import { FgamError } from './error.js';
import { hashFile } from './hash-file.js';
import { openParquet } from './parquet-file.js';
import { describeFaults } from './parse-record.js';
import { SHARD_INDEX_COLUMNS, type ShardIndexRow, shardIndexRowSchema } from './shard-index-row.js';
import { readShardManifest } from './shard-manifest.js';
import { SHARD_INDEX } from './write-shard-index.js';

const relations = z.array(z.object({ predicate: z.string() }));

/** The predicates of a row's relations. */
const predicates = shardIndexRowSchema.shape.relations.transform((text, context) => {
  if (text === null) return [];
  try {
    return relations.parse(JSON.parse(text)).map(({ predicate }) => predicate);
  } catch (error) {
    context.addIssue(`expected JSON of relations: ${error instanceof Error ? error.message : String(error)}`);
    return z.NEVER;
  }
});

const textSchema = shardIndexRowSchema
  .pick({
    sample: true,
    shard: true,
    key: true,
    split: true,
    label: true,
    description: true,
    source: true,
    caption: true,
  })
  .extend({ relations: predicates });

/**
 * A region of the index: where its sample lies, and its words: `caption` is the sample's, `relations` the
 * predicates of those it is the subject of.
 */
export type ShardTextRow = Readonly<z.infer<typeof textSchema>>;

/**
 * Streams the regions of a shard folder from its `index.parquet`, without its images. Ten thousand rows
 * are held at a time. An index that a former version wrote has no `attributes`, `caption` or
 * `relations`: they are null.
 *
 * @param folder - written by `buildShards`
 * @param options - `verify`: check the file's SHA-256 first (default true)
 * @throws FgamError `data/missing-file` where the manifest or the index is missing; `data/bad-record` where
 * the index is not what the manifest says; `data/bad-parquet`
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { buildShards, readShardIndex } from '@fgam/data';
 * import sharp from 'sharp';
 * const folder = await mkdtemp(join(tmpdir(), 'index-'));
 * const [image, out] = [join(folder, 'a.png'), join(folder, 'shards')];
 * await sharp({ create: { width: 8, height: 8, channels: 3, background: '#f00' } }).toFile(image);
 * const box = { x0: 0, y0: 0, x1: 1, y1: 1 };
 * const whole = { id: 'whole', box, label: 'red', description: 'a red square', source: 'hand' };
 * const regions = [whole, { ...whole, id: 'half', box: { ...box, x0: 0.5 } }];
 * await buildShards({ samples: [{ id: 'a', image, width: 8, height: 8, regions }], out, validation: 0 });
 * const said = [];
 * for await (const row of readShardIndex(out)) said.push(`${row.shard} ${row.region} ${row.x0}`);
 * if (said.join(';') !== 'train-00000.tar whole 0;train-00000.tar half 0.5') throw new Error(said.join());
 * ```
 */
export async function* readShardIndex(
  folder: string,
  options: { readonly verify?: boolean } = {},
): AsyncGenerator<ShardIndexRow, void, undefined> {
  for await (const rows of streamGroups(folder, shardIndexRowSchema, options.verify ?? true)) yield* rows;
}

/**
 * Streams what the index says of its regions in words, in lists of up to ten thousand: of the file only these
 * columns are read, neither boxes nor masks, and its SHA-256 is not checked.
 *
 * @param folder - written by `buildShards`
 * @throws FgamError as `readShardIndex`
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { buildShards, readShardTexts } from '@fgam/data';
 * import sharp from 'sharp';
 * const folder = await mkdtemp(join(tmpdir(), 'texts-'));
 * const [image, out] = [join(folder, 'a.png'), join(folder, 'shards')];
 * await sharp({ create: { width: 8, height: 8, channels: 3, background: '#f00' } }).toFile(image);
 * const box = { x0: 0, y0: 0, x1: 0.5, y1: 1 };
 * const left = { id: '1', box, label: 'red', description: 'a red field', source: 'hand' };
 * const regions = [left, { ...left, id: '2', box: { ...box, x0: 0.5, x1: 1 } }];
 * const relations = [{ subject: '1', relation: 'left-of', object: '2' } as const];
 * await buildShards({ samples: [{ id: 'a', image, width: 8, height: 8, regions, relations }], out });
 * const said = [];
 * for await (const rows of readShardTexts(out))
 *   for (const row of rows) said.push(`${row.description}: ${row.relations.join(' ')}`);
 * // The relation is told of its subject alone.
 * if (said.join(', ') !== 'a red field: left-of, a red field: ') throw new Error(said.join(', '));
 * ```
 */
export function readShardTexts(folder: string): AsyncGenerator<ShardTextRow[], void, undefined> {
  return streamGroups(folder, textSchema, false);
}

async function* streamGroups<Schema extends z.ZodObject>(
  folder: string,
  schema: Schema,
  isVerified: boolean,
): AsyncGenerator<z.output<Schema>[], void, undefined> {
  const { files } = await readShardManifest(folder);
  const path = join(folder, SHARD_INDEX);
  if (isVerified) await verify(path, files[SHARD_INDEX]);
  const parquet = await openParquet('readShardIndex', path);
  const columns = SHARD_INDEX_COLUMNS.map(({ name }) => name).filter(
    (name) => name in schema.shape && parquet.columns.includes(name),
  );
  const rows = z.array(schema);
  for (let group = 0; group + 1 < parquet.bounds.length; group++) {
    const result = rows.safeParse(await parquet.readGroup(group, columns));
    if (!result.success)
      throw new FgamError(
        'data/bad-record',
        `readShardIndex: expected the index of regions in ${path}, got: ${describeFaults(result.error)}`,
      );
    yield result.data;
  }
}

async function verify(path: string, sha256: string | undefined): Promise<void> {
  let found: string;
  try {
    found = (await hashFile(path)).sha256;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new FgamError(
      'data/missing-file',
      `readShardIndex: expected an index of regions, got: ${said}; build the shards again`,
      { cause: error },
    );
  }
  if (found !== sha256)
    throw new FgamError(
      'data/bad-record',
      `readShardIndex: expected ${path} as its manifest records it, got another SHA-256; build the shards again`,
    );
}
