import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { modelsError } from '../error.js';
import { readJsonFile } from './read-json-file.js';

/** The file of a checkpoint that is not in shards. */
export const SINGLE_FILE = 'model.safetensors';
/** Which shard holds which weight. */
export const INDEX_FILE = 'model.safetensors.index.json';

const schema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

/** The weight files of a checkpoint. */
export interface ShardFiles {
  readonly files: readonly string[];
  /** The file of each stored name, by the index; undefined for a single file. */
  readonly index: ReadonlyMap<string, string> | undefined;
}

/**
 * The weight files of a folder: those of its index or `model.safetensors`.
 *
 * @throws FgamError `models/missing-file` where there is neither (pickle files are named, but never opened),
 * `models/bad-config` for an index that is none or that leaves the folder
 */
export async function findShardFiles(folder: string): Promise<ShardFiles> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw modelsError('models/missing-file', `loadPretrained: expected a folder ${folder}`, { cause });
  });
  if (names.includes(INDEX_FILE)) return readIndex(folder);
  if (names.includes(SINGLE_FILE)) return { files: [SINGLE_FILE], index: undefined };
  const pickles = names.filter((name) => /\.(bin|pt|pth|ckpt)$/.test(name));
  const found = pickles.length === 0 ? 'neither' : `${pickles.join(', ')}, which may run code when opened`;
  throw modelsError(
    'models/missing-file',
    `loadPretrained: expected ${SINGLE_FILE} or ${INDEX_FILE} in ${folder}, found ${found}; save the model as safetensors`,
  );
}

async function readIndex(folder: string): Promise<ShardFiles> {
  const path = join(folder, INDEX_FILE);
  const parsed = schema.safeParse(await readJsonFile('loadPretrained', path));
  const files = parsed.success ? [...new Set(Object.values(parsed.data.weight_map))].sort() : [];
  const outside = files.filter((file) => !/^[^/\\]+\.safetensors$/.test(file));
  if (!parsed.success || outside.length > 0 || files.length === 0) {
    throw modelsError(
      'models/bad-config',
      `loadPretrained: expected weight_map with names of safetensors files beside it in ${path}, got ${outside.join(', ') || 'none'}`,
    );
  }
  return { files, index: new Map(Object.entries(parsed.data.weight_map)) };
}
