import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import {
  type AsyncBuffer,
  asyncBufferFromFile,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
} from 'hyparquet';
import { FgamError } from './error.js';
import { isMissingFile } from './is-missing-file.js';

/** An open Parquet file: its columns, and its rows a row group at a time. */
export interface ParquetFile {
  /** Names of the top-level columns. */
  readonly columns: readonly string[];
  /** First row of each row group, and the number of all rows at the end. */
  readonly bounds: readonly number[];
  /** Rows of one group. Only that group's chunks of these columns are read and held. */
  readonly readGroup: (group: number, columns: readonly string[]) => Promise<Record<string, unknown>[]>;
}

/** Codecs beside Snappy; Node 20 has no Zstandard. */
const COMPRESSORS = {
  // No more than the page says it holds: a few bytes may stand for gigabytes.
  GZIP: (input: Uint8Array, length: number) => gunzipSync(input, { maxOutputLength: length }),
  BROTLI: (input: Uint8Array, length: number) => brotliDecompressSync(input, { maxOutputLength: length }),
};

function unreadable(fn: string, path: string, error: unknown): FgamError {
  const missing = isMissingFile(error);
  const said = error instanceof Error ? error.message : String(error);
  return missing
    ? new FgamError('data/missing-file', `${fn}: expected a Parquet file at ${path}, found none`, {
        cause: error,
      })
    : new FgamError(
        'data/bad-parquet',
        `${fn}: expected a whole Parquet file (plain, Snappy, gzip or Brotli) at ${path}, got: ${said}; ` +
          'fetch or write it again',
        { cause: error },
      );
}

/**
 * Opens a Parquet file by its footer.
 *
 * @param fn - the reader, named in errors
 * @throws FgamError `data/missing-file`; `data/bad-parquet`, also by `readGroup`
 */
export async function openParquet(fn: string, path: string): Promise<ParquetFile> {
  let file: AsyncBuffer;
  let metadata: FileMetaData;
  try {
    file = await asyncBufferFromFile(path);
    metadata = await parquetMetadataAsync(file);
  } catch (error) {
    throw unreadable(fn, path, error);
  }
  const bounds = [0];
  for (const { num_rows: rows } of metadata.row_groups) bounds.push((bounds.at(-1) ?? 0) + Number(rows));
  return {
    columns: topColumns(metadata),
    bounds,
    readGroup: async (group, columns) => {
      try {
        return await parquetReadObjects({
          file,
          metadata,
          columns: [...columns],
          rowStart: bounds[group] ?? 0,
          rowEnd: bounds[group + 1] ?? 0,
          compressors: COMPRESSORS,
        });
      } catch (error) {
        throw unreadable(fn, path, error);
      }
    },
  };
}

/** The schema is a tree in depth-first order; its root comes first. */
function topColumns({ schema }: FileMetaData): string[] {
  const names: string[] = [];
  let at = 1;
  const skip = (): void => {
    const children = schema[at++]?.num_children ?? 0;
    for (let i = 0; i < children; i++) skip();
  };
  while (at < schema.length) {
    names.push(schema[at]?.name ?? '');
    skip();
  }
  return names;
}
