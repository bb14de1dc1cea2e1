import { listFaults, readJsonRecords } from '@fgam/data';
import type { z } from 'zod';
import { benchError, type BenchErrorCode } from '../../error.js';
import { readTable, TABLE_NAME } from './read-table.js';

/** A row of a benchmark's file, checked, with where it stands. */
export interface FileRow<Row> {
  readonly value: Row;
  /** From 1. */
  readonly place: number;
}

/** How many faulty rows a message names. */
const NAMED = 5;

/**
 * The rows of a file by a schema: JSON, JSON Lines and their malformed public kin, TSV, CSV and XLSX,
 * told by the file's name.
 *
 * @param code - of the error: whether the truth or a prediction is at fault
 * @param rowsOf - for JSON files whose rows are inside an object
 * @throws FgamError `code` that names the first rows with another form, or where a truth has none;
 * `data/bad-json`, `data/missing-file`, `bench/bad-input` where the file is broken
 */
export async function readRows<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  code: Extract<BenchErrorCode, 'bench/bad-truth' | 'bench/bad-predictions'>,
  rowsOf: (value: unknown) => readonly unknown[] = (value) => [value],
): Promise<FileRow<z.infer<Schema>>[]> {
  const values: readonly unknown[] = TABLE_NAME.test(path)
    ? await readTable(path)
    : (await readJsonRecords(path)).records.flatMap(({ value }) => rowsOf(value));
  const faults: string[] = [];
  const rows = values.flatMap((value, index) => {
    const parsed = schema.safeParse(value);
    if (parsed.success) return [{ value: parsed.data, place: index + 1 }];
    faults.push(`row ${index + 1} (${faultOf(parsed.error)})`);
    return [];
  });
  // A file of predictions may be empty: its rows are then missing, by their ids.
  if (faults.length > 0 || (rows.length === 0 && code === 'bench/bad-truth'))
    throw benchError(
      code,
      `${path}: expected rows of the benchmark's format, got ${faults.length === 0 ? 'none' : `${faults.length} others: ${faults.slice(0, NAMED).join(', ')}${faults.length > NAMED ? ' and more' : ''}`}; check that it is the right file`,
    );
  return rows;
}

/** The first fault of a row in a few words: those of a union are as many as its forms. */
function faultOf(error: z.ZodError): string {
  const [fault = 'of another form'] = listFaults(error);
  return fault;
}
