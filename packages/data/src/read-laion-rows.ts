import { basename } from 'node:path';
import { FgamError } from './error.js';
import { createLaionFilter, type LaionFields, type LaionFilter, neededFields } from './laion-filter.js';
import { openParquet } from './parquet-file.js';
import { refuseUrl } from './refuse-url.js';
import type { Skip } from './skips.js';

/** Options of `readLaionRows`. */
export interface ReadLaionRowsOptions extends LaionFilter {
  /** Paths of Parquet files, read in this order. */
  readonly files: readonly string[];
  /** Called with each row that is left out; such as `(skip) => skipped.push(skip)`. */
  readonly onSkip: (skip: Skip) => void;
  /** Called after each row group with the number of rows read so far of the file, and of all its rows. */
  readonly onProgress?: (file: string, done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** A row of a LAION list: an address and its caption, and what else the list has of it. */
export interface LaionRow extends LaionFields {
  /** SAMPLE_ID; in a list without, the file's name and the row's number from 0: `part-0.parquet:17`. */
  readonly id: string;
  readonly url: string;
  readonly caption: string;
  readonly license?: string;
  readonly file: string;
  /** Number in its file, from 0. */
  readonly row: number;
}

/** Names of columns in small letters, those of LAION-400M, its successors and img2dataset. */
const COLUMNS = {
  id: ['sample_id'],
  url: ['url'],
  caption: ['text', 'caption'],
  width: ['width', 'original_width'],
  height: ['height', 'original_height'],
  similarity: ['similarity'],
  license: ['license'],
  nsfw: ['nsfw'],
} as const;

type Column = keyof typeof COLUMNS;

/**
 * Streams the rows of LAION-400M style Parquet lists, a row group at a time: `URL` and `TEXT`, and where they are there
 * `SAMPLE_ID`, `WIDTH`, `HEIGHT`, `LICENSE`, `NSFW`, `similarity`, in small or capital letters.
 *
 * Held are one row group of these columns and, for `unique`, 23 to 46 bytes a row that stayed and a
 * field. Images are not fetched: there is no network access. Filter a list here, fetch its images by
 * img2dataset, then take `readLaion`.
 *
 * A row without address or text, with a text that was not UTF-8, with a size or similarity that is no number,
 * or that the filter refuses is left out and told to `onSkip`.
 *
 * @throws FgamError `data/missing-file`, `data/bad-parquet`; `data/bad-record` where a file has no columns
 * of addresses and texts; `data/bad-config` for a filter on a column that a file has not, and for an
 * address in place of a path
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { countSkips, readLaionRows, type Skip } from '@fgam/data';
 * import { parquetWriteFile } from 'hyparquet-writer';
 * const filename = join(await mkdtemp(join(tmpdir(), 'laion-')), 'part.parquet');
 * parquetWriteFile({ filename, columnData: [
 *   { name: 'URL', data: ['http://a/1.jpg', 'http://a/1.jpg', 'http://a/2.jpg'] },
 *   { name: 'TEXT', data: ['a cat on a mat', 'again', 'cat'] },
 * ] });
 * const skipped: Skip[] = [];
 * const rows = [];
 * for await (const row of readLaionRows({ files: [filename], minCaption: 5, onSkip: (skip) => skipped.push(skip) }))
 *   rows.push(row.caption);
 * if (rows.join() !== 'a cat on a mat') throw new Error(rows.join());
 * console.log(countSkips(skipped)); // { 'duplicate-url': 1, 'caption-length': 1 }
 * ```
 */
export async function* readLaionRows(
  options: ReadLaionRowsOptions,
): AsyncGenerator<LaionRow, void, undefined> {
  const refuse = createLaionFilter('readLaionRows', options);
  for (const file of options.files) {
    refuseUrl('readLaionRows', file);
    const parquet = await openParquet('readLaionRows', file);
    const columns = columnsOf(file, parquet.columns, options);
    const names = Object.values(columns);
    const total = parquet.bounds.at(-1) ?? 0;
    for (let group = 0; group + 1 < parquet.bounds.length; group++) {
      options.signal?.throwIfAborted();
      let number = parquet.bounds[group] ?? 0;
      for (const raw of await parquet.readGroup(group, names)) {
        const row = rowOf(raw, columns, file, number++);
        const fault = row.fault ? row.fault : refuse(row.fields);
        if (fault) options.onSkip({ file, id: row.fields.id, ...fault });
        else yield row.fields;
      }
      options.onProgress?.(file, number, total);
    }
  }
}

function columnsOf(
  file: string,
  there: readonly string[],
  filter: LaionFilter,
): Partial<Record<Column, string>> {
  const columns: Partial<Record<Column, string>> = {};
  for (const [column, names] of Object.entries(COLUMNS) as [Column, readonly string[]][])
    for (const name of names) {
      const found = there.find((column) => column.toLowerCase() === name);
      if (found !== undefined) columns[column] ??= found;
    }
  if (columns.url === undefined || columns.caption === undefined)
    throw new FgamError(
      'data/bad-record',
      `readLaionRows: expected columns URL and TEXT in ${file}, got ${there.join(', ')}; check the file`,
    );
  const missing = neededFields(filter).filter((name) => columns[name as Column] === undefined);
  if (missing.length > 0)
    throw new FgamError(
      'data/bad-config',
      `readLaionRows: expected columns for the filter in ${file}, found no ${missing.join(', ')} among ` +
        `${there.join(', ')}; leave that filter out`,
    );
  return columns;
}

type Raw = Readonly<Record<string, unknown>>;

function rowOf(
  raw: Raw,
  columns: Partial<Record<Column, string>>,
  file: string,
  row: number,
): { readonly fields: LaionRow; readonly fault?: Pick<Skip, 'reason' | 'detail'> } {
  const value = (column: Column): unknown => {
    const name = columns[column];
    return name === undefined ? undefined : (raw[name] ?? undefined);
  };
  const text = (column: Column): string => {
    const found = value(column);
    return typeof found === 'string' ? found.trim() : '';
  };
  const bad: string[] = [];
  const number = (column: 'width' | 'height' | 'similarity'): number | undefined => {
    const found = value(column);
    // Pandas writes a missing whole number as NaN.
    if (found === undefined || Number.isNaN(found)) return undefined;
    const read = typeof found === 'number' || typeof found === 'bigint' ? Number(found) : Number.NaN;
    if (Number.isFinite(read) && (column === 'similarity' || read >= 1)) return read;
    bad.push(`${column} is no ${column === 'similarity' ? 'number' : 'number of pixels'}`);
    return undefined;
  };
  const id = value('id');
  const known = typeof id === 'string' || typeof id === 'bigint' || Number.isFinite(id);
  const [width, height, similarity] = [number('width'), number('height'), number('similarity')];
  const [license, nsfw] = [text('license'), text('nsfw')];
  const fields: LaionRow = {
    id: known ? String(id) : `${basename(file)}:${row}`,
    url: text('url'),
    caption: text('caption'),
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    ...(similarity === undefined ? {} : { similarity }),
    ...(license === '' ? {} : { license }),
    ...(nsfw === '' ? {} : { nsfw }),
    file,
    row,
  };
  if (fields.url === '') bad.push('no address');
  if (bad.length > 0) return { fields, fault: { reason: 'bad-record', detail: bad.join('; ') } };
  if (fields.caption === '') return { fields, fault: { reason: 'no-text', detail: 'the caption is empty' } };
  // What a Parquet reader puts where bytes are no UTF-8.
  if (fields.caption.includes('\uFFFD'))
    return { fields, fault: { reason: 'bad-text', detail: `not UTF-8: ${fields.caption}` } };
  return { fields };
}
