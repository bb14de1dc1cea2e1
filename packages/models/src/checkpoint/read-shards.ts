import { join } from 'node:path';
import {
  readSafetensors,
  readStoredTensors,
  type StoredTensor,
  type StoredWeights,
  type Weights,
} from '@fgam/compile';
import { isFgamError } from '@fgam/data';
import type { WeightSpec } from '../weight-specs.js';
import { findShardFiles, INDEX_FILE } from './shard-files.js';
import { type NameRule, ownName } from './weight-names.js';

/** Where a weight is stored and under which name. */
export interface StoredAt {
  readonly file: string;
  readonly stored: string;
}

/** What a model reads from the weight files of a checkpoint. */
export interface ShardRequest {
  readonly specs: readonly WeightSpec[];
  readonly names: readonly NameRule[];
  /** Stored weights, by their own names, that are no weights of the model: buffers, tied copies. */
  readonly isIgnored: (name: string) => boolean;
}

/** The weights of a checkpoint whose headers fit its model. */
export interface Shards {
  /** Where each weight is, by its own name, in the order of the specs. */
  readonly layout: ReadonlyMap<string, StoredAt>;
  /** Every way in which the files and the model disagree. */
  readonly faults: readonly string[];
  /** Where their data is. */
  readonly stored: StoredWeights;
  /** Reads the data of those weights whose names pass. F16 and BF16 widen to float32. */
  read(isWanted: (name: string) => boolean): Promise<Weights>;
  /** Reads one weight, by its own name. */
  readOne(name: string): Promise<Weights[string]>;
}

const FLOATS: ReadonlySet<string> = new Set(['F32', 'F16', 'BF16']);

/**
 * Compares the headers of a folder's weight files with what a model needs; no data is read before {@link Shards.read}.
 *
 * @throws FgamError as `findShardFiles` does
 */
export async function openShards(folder: string, request: ShardRequest): Promise<Shards> {
  const { files, index } = await findShardFiles(folder);
  const faults: string[] = [];
  const found = new Map<string, StoredAt & { readonly tensor: StoredTensor }>();
  const isRead = (stored: string) => !request.isIgnored(ownName(stored, request.names));
  const seen = new Set<string>();
  for (const file of files) {
    const specs = await specsOf(join(folder, file), isRead, faults);
    for (const [stored, tensor] of Object.entries(specs)) {
      seen.add(stored);
      const name = ownName(stored, request.names);
      const other = found.get(name);
      if (other === undefined) found.set(name, { file, stored, tensor });
      else faults.push(`${stored} in ${file}: is there already as ${other.stored} in ${other.file}`);
      if (index !== undefined && index.get(stored) !== file)
        faults.push(`${stored}: in ${file}, but ${INDEX_FILE} says ${index.get(stored) ?? 'nothing'}`);
    }
  }
  for (const [stored, file] of index ?? []) {
    if (isRead(stored) && !seen.has(stored))
      faults.push(`${stored}: ${INDEX_FILE} says ${file}, it is not there`);
  }
  const layout = new Map<string, StoredAt>();
  const tensors: Record<string, StoredWeights['tensors'][string]> = {};
  for (const { name, shape } of request.specs) {
    const at = found.get(name);
    if (at === undefined) faults.push(`missing ${name} [${shape.join(', ')}]`);
    else if (at.tensor.shape.join() !== shape.join())
      faults.push(`${at.stored}: expected [${shape.join(', ')}], got [${at.tensor.shape.join(', ')}]`);
    else if (!FLOATS.has(at.tensor.dtype))
      faults.push(`${at.stored}: expected F32, F16 or BF16, got ${at.tensor.dtype}`);
    else {
      layout.set(name, { file: at.file, stored: at.stored });
      tensors[name] = { ...at.tensor, file: at.file };
    }
    found.delete(name);
  }
  for (const { stored, file } of found.values()) faults.push(`unexpected ${stored} in ${file}`);
  return {
    layout,
    faults,
    stored: { folder, tensors },
    read: (isWanted) =>
      readSome(
        folder,
        files,
        [...layout].filter(([name]) => isWanted(name)),
      ),
    readOne: (name) => readOne(folder, layout, name),
  };
}

async function specsOf(
  path: string,
  isRead: (stored: string) => boolean,
  faults: string[],
): ReturnType<typeof readStoredTensors> {
  try {
    return await readStoredTensors(path, { isRead });
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!isAbsent && !isFgamError(error)) throw error;
    faults.push(isAbsent ? `${path}: there is no such file` : (error as Error).message);
    return {};
  }
}

async function readOne(folder: string, layout: Shards['layout'], name: string): Promise<Weights[string]> {
  const at = layout.get(name);
  const path = join(folder, at?.file ?? '');
  const { weights } = await readSafetensors(path, { isRead: (stored) => stored === at?.stored });
  return weights[at?.stored ?? ''] as Weights[string];
}

async function readSome(
  folder: string,
  files: readonly string[],
  layout: readonly (readonly [name: string, at: StoredAt])[],
): Promise<Weights> {
  const weights: [string, Weights[string]][] = [];
  for (const file of files) {
    const own = new Map(
      layout.filter(([, at]) => at.file === file).map(([name, { stored }]) => [stored, name]),
    );
    if (own.size === 0) continue;
    const read = await readSafetensors(join(folder, file), { isRead: (stored) => own.has(stored) });
    for (const [stored, tensor] of Object.entries(read.weights))
      weights.push([own.get(stored) ?? stored, tensor]);
  }
  return Object.fromEntries(weights);
}
