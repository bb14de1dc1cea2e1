import { parseJson } from '@fgam/data';
import type { z } from 'zod';
import { benchError } from './error.js';
import { openLineLog } from './line-log.js';

/** A file of records by key, which grows by one at a time. */
export interface KeyedLog<Stored> {
  readonly records: ReadonlyMap<string, Stored>;
  /** Appends one to the file. Calls are written one after another. */
  readonly add: (record: Stored) => Promise<void>;
}

/** What the records of a {@link KeyedLog} are. */
export interface KeyedLogOptions<Stored> {
  readonly schema: z.ZodType<Stored>;
  /** The key of what a record holds: the one that stands in it, unless it was changed. */
  readonly keyOf: (record: Stored) => string;
  /** Said of a line that is no such record: what was expected, and what to do. */
  readonly fault: string;
}

/**
 * Opens a JSON Lines file of records, each under the hash of all that it depends on. A last line that a
 * killed process left unfinished is cut off.
 *
 * @throws FgamError `bench/bad-input` where a line is no such record or its key is another; `data/bad-json`
 */
export async function openKeyedLog<Stored extends { readonly key: string }>(
  file: string,
  { schema, keyOf, fault }: KeyedLogOptions<Stored>,
): Promise<KeyedLog<Stored>> {
  const log = await openLineLog(file);
  const records = new Map<string, Stored>();
  for (const [index, line] of log.lines.entries()) {
    const parsed = schema.safeParse(parseJson(line, file, { line: index + 1, column: 1, byteOffset: 0 }));
    if (!parsed.success || parsed.data.key !== keyOf(parsed.data))
      throw benchError('bench/bad-input', `${file}:${index + 1}: ${fault}`);
    records.set(parsed.data.key, parsed.data);
  }
  return {
    records,
    add(record) {
      records.set(record.key, record);
      return log.append(record);
    },
  };
}
