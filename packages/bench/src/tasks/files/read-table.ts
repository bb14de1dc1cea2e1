import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { parse } from 'csv-parse';
import { InvalidInputError, readSheet, type SheetData } from 'read-excel-file/node';
import { benchError } from '../../error.js';

/** A row of a table with a heading line, by column name; an empty cell is not there, but for an answer. */
export type TableRow = Readonly<Record<string, string>>;

/** VLMEvalKit's tables have each image in base64: no scorer reads it, and it is left out unless it is asked for. */
const IMAGE_COLUMN = 'image';

/** VLMEvalKit's column of answers, of which an empty one is an answer too; a table without the column has none. */
const ANSWER_COLUMN = 'prediction';

/** Names of files that are read as tables. */
export const TABLE_NAME = /\.(?:tsv|csv|xlsx)$/i;

/**
 * Reads a table with a heading line: tab- or comma-separated text, or the first sheet of an XLSX file. Cells
 * are text, whatever the sheet makes of them; the column `image` of a text file is left out.
 *
 * @param columns - of a text file: these alone
 * @throws FgamError `bench/bad-input` where the file is no such table
 */
export async function readTable(path: string, columns?: readonly string[]): Promise<readonly TableRow[]> {
  try {
    return path.toLowerCase().endsWith('.xlsx')
      ? rowsOfSheet(await readSheet(path, 1, { trim: false }))
      : await rowsOfText(path, path.toLowerCase().endsWith('.tsv') ? '\t' : ',', columns);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Rows of a text file, read as a stream: tables with images are longer than the longest string of Node. */
async function rowsOfText(
  path: string,
  delimiter: string,
  wanted: readonly string[] | undefined,
): Promise<TableRow[]> {
  const isWanted = (name: string) => wanted?.includes(name) ?? name !== IMAGE_COLUMN;
  const columns = (names: string[]) => names.map((name) => (isWanted(name) ? name : false));
  const rows: TableRow[] = [];
  await pipeline(
    createReadStream(path),
    parse({ columns, bom: true, delimiter, skip_empty_lines: true }),
    async (parsed: AsyncIterable<Record<string, string>>) => {
      for await (const row of parsed)
        rows.push(
          Object.fromEntries(
            Object.entries(row).filter(([name, cell]) => cell !== '' || name === ANSWER_COLUMN),
          ),
        );
    },
  );
  return rows;
}

/** Rows of a sheet, as rows by column name. */
function rowsOfSheet(sheet: SheetData): TableRow[] {
  const [head = [], ...rows] = sheet;
  return rows.map((cells) =>
    Object.fromEntries(
      head.flatMap((name, column) => {
        if (name === null || name === undefined) return [];
        const cell = cells[column] ?? null;
        if (cell === null) return name === ANSWER_COLUMN ? [[ANSWER_COLUMN, '']] : [];
        return [[String(name), textOf(cell)]];
      }),
    ),
  );
}

/**
 * An answer such as `True` or `2` becomes a boolean or a number in a sheet: as Python writes it, since
 * Python's table reader made the sheet.
 */
function textOf(cell: unknown): string {
  if (typeof cell === 'boolean') return cell ? 'True' : 'False';
  return cell instanceof Date ? cell.toISOString() : String(cell);
}

function unreadable(path: string, error: unknown): Error {
  if (!(error instanceof Error)) throw error;
  const said = error instanceof InvalidInputError ? error.code : error.message;
  return benchError(
    'bench/bad-input',
    `${path}: expected a table with a heading line, got: ${said}; check the path and the format`,
    { cause: error },
  );
}
